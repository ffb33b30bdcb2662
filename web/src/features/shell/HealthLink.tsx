import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useAnswering } from "@/api/connection";
import { VerdictMark } from "@/components/Verdict";
import { checksOf, healthQuery } from "@/features/health";

/** How the server is, in a mark and three words. */
export function HealthLink() {
  const { data } = useQuery(healthQuery);
  const answering = useAnswering();
  if (!answering) {
    return (
      <Link className="bar__health line line--tight" to="/health">
        <VerdictMark mark="error" word="No answer" />
        <span>no answer</span>
      </Link>
    );
  }
  if (!data) return <span className="bar__health" />;
  const checks = checksOf(data);
  const bad = checks.filter((check) => check.status !== "pass");
  const summary =
    bad.length === 0
      ? "all well"
      : `${bad.length} of ${checks.length} ${bad.length === 1 ? "needs" : "need"} a look`;
  return (
    <Link
      className="bar__health line line--tight"
      to="/health"
      title={bad[0] ? `${bad[0].name}: ${bad[0].output}` : "Every check passes"}
    >
      <VerdictMark
        mark={data.status === "pass" ? "pass" : data.status === "warn" ? "error" : "fail"}
        word="Health"
      />
      <span>{summary}</span>
    </Link>
  );
}
