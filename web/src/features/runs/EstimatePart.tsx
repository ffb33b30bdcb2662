import { Link } from "@tanstack/react-router";
import { sentence } from "@/api/problem";
import type { RunEstimate } from "@/api/types";
import { Coded } from "@/components/Coded";
import { Icon } from "@/components/Icon";
import { count, duration, plural } from "@/lib/format";
import type { StartForm } from "./startForm";

/** What the run will take, and what stands in its way. */
export function EstimatePart({
  form,
  estimate,
  error,
}: {
  form: StartForm;
  estimate: RunEstimate | undefined;
  error: unknown;
}) {
  if (!estimate) {
    return <p className="hint start__missing">{error ? `No estimate. ${sentence(error)}` : missing(form)}</p>;
  }
  return (
    <>
      <p className="start__cells">
        <span className="start__figure">{count(estimate.cells)}</span>{" "}
        {estimate.cells === 1 ? "cell" : "cells"}
      </p>
      <p className="dim">
        {plural(form.versions.length, "version")} × {plural(form.models.length, "model")} ×{" "}
        {plural(estimate.cases, "case")}
        {form.repeats.trim() !== "1" && ` × ${form.repeats.trim()} repeats`}
      </p>
      <dl className="facts start__facts">
        <dt>Time</dt>
        <dd className="num">
          {typeof estimate.seconds === "number" ? `about ${duration(estimate.seconds * 1000)}` : "no data"}
        </dd>
        <dt>Prompts</dt>
        <dd className="num">
          {typeof estimate.prompt_tokens === "number"
            ? `about ${plural(estimate.prompt_tokens, "token")}`
            : "no data"}
        </dd>
        <dt>Based on</dt>
        <dd>{estimate.basis}</dd>
      </dl>
      {estimate.running && (
        <p className="start__notice">
          <Icon name="info" />
          <span>
            The same is running already:{" "}
            <Link to="/runs/$runId" params={{ runId: estimate.running.id }}>
              run {estimate.running.number}
            </Link>
            . Starting shows that one.
          </span>
        </p>
      )}
      <ul>
        {estimate.problems.map((problem) => (
          <li className="start__notice t-error" key={`${problem.pointer} $<Coded text={problem.detail} />`}>
            <Icon name="error" />
            <span>
              <Coded text={problem.detail} />
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

function missing(form: StartForm): string {
  if (form.card === "") return "Choose a card, and see here what the run will take.";
  if (form.versions.length === 0) return "Choose a version, and see here what the run will take.";
  if (form.models.length === 0) return "Choose a model, and see here what the run will take.";
  return "Estimating …";
}
