import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { startSession } from "./api/session";
import { BASE } from "./api/workspace";
import { createQueryClient } from "./queryClient";
import { createAppRouter } from "./router";
import "./styles/index.css";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no element with the id root");
void startSession();
const queryClient = createQueryClient();
createRoot(root).render(
  <StrictMode>
    <App queryClient={queryClient} router={createAppRouter(queryClient, { basepath: BASE })} />
  </StrictMode>,
);
