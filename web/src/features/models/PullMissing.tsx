import { useQuery } from "@tanstack/react-query";
import { sentence } from "@/api/problem";
import { useRights } from "@/api/sessionState";
import type { Provider } from "@/api/types";
import { Button } from "@/components/Button";
import { toastFailure } from "@/components/toasts";
import { PullProgress } from "./PullProgress";
import { isOf, isRunning, pullsQuery, useStartPull } from "./pulls";

/** What to do about a model that its server does not have: pull it, where that can be asked for. */
export function PullMissing({ provider, model }: { provider: Provider; model: string }) {
  const pulls = useQuery({ ...pullsQuery(provider.id), enabled: provider.kind === "ollama" }).data ?? [];
  const start = useStartPull(provider.id);
  const { own } = useRights();
  if (provider.kind !== "ollama") return null;
  const mine = pulls.find((pull) => isOf(pull, model));
  if (mine && isRunning(mine)) return <PullProgress pull={mine} />;
  if (!own) return <p className="hint">An owner of the workspace can pull {model}.</p>;
  return (
    <p className="line line--wrap">
      <Button
        icon="get"
        busy={start.isPending}
        onClick={() =>
          start.mutate(model, { onError: (error) => toastFailure(`Not pulled. ${sentence(error)}`) })
        }
      >
        Pull {model}
      </Button>
      {mine?.state === "failed" && <span className="small t-error wrap">{mine.problem}</span>}
    </p>
  );
}
