import { useMutation } from "@tanstack/react-query";
import { client, read } from "@/api/client";
import { sentence } from "@/api/problem";
import { Button } from "@/components/Button";
import { Icon } from "@/components/Icon";
import { count, plural } from "@/lib/format";

/** Looks through the whole chain and says whether every row is as it was written. */
export function VerifyPart() {
  const verify = useMutation({ mutationFn: () => read(client.POST("/api/v1/audit/verify")) });
  const found = verify.data;
  return (
    <div className="audit__verify line line--wrap">
      <Button icon="check" busy={verify.isPending} onClick={() => verify.mutate()}>
        Verify
      </Button>
      <span role="status" className="line line--tight">
        {verify.error ? (
          <span className="t-error">Not verified. {sentence(verify.error)}</span>
        ) : found?.sound ? (
          <>
            <span className="v v--pass">
              <Icon name="pass" />
            </span>
            <span>
              Whole:{" "}
              {found.last === 0
                ? "empty"
                : `rows ${count(found.first)} to ${count(found.last)} as written, ${plural(found.checkpoints, "checkpoint")} signed`}
              .
            </span>
          </>
        ) : found ? (
          <>
            <span className="v v--fail">
              <Icon name="fail" />
            </span>
            <span>
              Not whole{found.fault && `, first at row ${count(found.fault.seq)}. ${found.fault.detail}`}
            </span>
          </>
        ) : (
          <span className="hint">Not looked at since this page was opened.</span>
        )}
      </span>
    </div>
  );
}
