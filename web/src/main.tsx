import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/header.css";
import "./styles/map.css";
import "./styles/flows.css";
import "./styles/status.css";
import "./styles/owners.css";
import "./styles/events.css";

const root = document.getElementById("root");
if (root) createRoot(root).render(<App />);
