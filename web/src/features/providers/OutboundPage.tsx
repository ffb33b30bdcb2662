import { usePage } from "@/components/Page";
import { EndpointsPart } from "./EndpointsPart";
import { HostsPart } from "./HostsPart";
import "./providers.css";

/** What the server may call, and whom it has called. */
export function OutboundPage() {
  usePage("Outbound");
  return (
    <div className="page">
      <div className="page__head">
        <div>
          <h1>Outbound</h1>
          <p>Nothing leaves this server but calls to the endpoints that are listed here.</p>
        </div>
      </div>
      <EndpointsPart />
      <HostsPart />
    </div>
  );
}
