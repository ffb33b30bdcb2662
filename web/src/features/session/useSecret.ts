import { useLocation, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";

/** The secret of a link that works once. It stood behind `#`, which no server sees, and is taken out of the address. */
export function useSecret(): string {
  const { hash } = useLocation();
  const navigate = useNavigate();
  const [secret, setSecret] = useState(hash);
  useEffect(() => {
    if (!hash) return;
    setSecret(hash);
    void navigate({ to: ".", hash: "", replace: true, resetScroll: false });
  }, [hash, navigate]);
  return secret;
}
