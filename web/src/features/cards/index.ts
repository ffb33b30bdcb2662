export { cardFacetsQuery, cardQuery, cardsQuery, draftQuery, versionsQuery } from "./queries";
