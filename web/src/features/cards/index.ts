export { CARDS, cardFacetsQuery, cardQuery, cardsQuery, draftQuery, versionsQuery } from "./queries";
