import { Link } from "@tanstack/react-router";
import type { Case, VariableDefinition } from "@/api/types";
import { Icon } from "@/components/Icon";
import { Tag } from "@/components/Labels";
import { SkeletonRows } from "@/components/States";
import { count } from "@/lib/format";
import { textOfValue } from "@/lib/values";
import { assertionsSummary } from "./assertionForm";

const VARIABLES_SHOWN = 2;

/** Cases in rows: what goes in, what must come out. */
export function CasesTable({
  cases,
  variables,
  open,
}: {
  cases: Case[] | undefined;
  variables: VariableDefinition[];
  /** The case in the drawer. */
  open: string | undefined;
}) {
  const names = columns(cases, variables);
  const described = cases?.some((item) => item.content.description) ?? false;
  return (
    <div className="scroll-x">
      <table className="table cases-table" aria-busy={cases === undefined}>
        <thead>
          <tr>
            <th scope="col" className="r">
              Case
            </th>
            {described && <th scope="col">Description</th>}
            {names.map((name, index) => (
              <th scope="col" key={name} className={index > 0 ? "only-wide" : undefined}>
                <span className="mono">{name}</span>
              </th>
            ))}
            <th scope="col">Expected</th>
            <th scope="col" className="only-wide">
              Assertions
            </th>
            <th scope="col" className="only-wide opt">
              Tags
            </th>
          </tr>
        </thead>
        <tbody>
          {cases ? (
            cases.map((item) => (
              <CaseRow
                key={item.id}
                item={item}
                names={names}
                described={described}
                open={item.id === open}
              />
            ))
          ) : (
            <SkeletonRows rows={8} columns={names.length + 4} />
          )}
        </tbody>
      </table>
    </div>
  );
}

/** The variables that get a column: the card's first ones, or those of the first case. */
function columns(cases: Case[] | undefined, variables: VariableDefinition[]): string[] {
  const defined = variables.map(({ name }) => name);
  const names = defined.length > 0 ? defined : Object.keys(cases?.[0]?.content.variables ?? {});
  return names.slice(0, VARIABLES_SHOWN);
}

function CaseRow({
  item,
  names,
  described,
  open,
}: {
  item: Case;
  names: string[];
  described: boolean;
  open: boolean;
}) {
  const { content } = item;
  const { variables = {}, assertions = [] } = content;
  return (
    <tr aria-selected={open}>
      <td className="r num">
        <Link
          to="."
          search={(before) => ({ ...before, case: item.id })}
          aria-label={`Case ${item.position}`}
          className="case-link"
        >
          {count(item.position)}
        </Link>
      </td>
      {described && (
        <td>
          <span className="cut cases-table__text">{content.description}</span>
        </td>
      )}
      {names.map((name, index) => (
        <td key={name} className={index > 0 ? "only-wide" : "grow"}>
          {name in variables ? (
            <span className="cut cases-table__text">{textOfValue(variables[name])}</span>
          ) : (
            <span className="hint">not given</span>
          )}
        </td>
      ))}
      <td>
        {content.expected_output === undefined || content.expected_output === null ? (
          <span className="hint">none</span>
        ) : (
          <span className="cut mono cases-table__expected">{content.expected_output}</span>
        )}
      </td>
      <td className="only-wide">
        <span className="line line--tight">
          {assertions.length === 0 ? (
            <span className="hint">
              {content.expected_output === undefined ? "no assertion" : "equals expected"}
            </span>
          ) : (
            <span className="small">{assertionsSummary(assertions)}</span>
          )}
          {item.flags.map((flag) => (
            <span className="t-error" key={flag.assertion_index} title={flag.message}>
              <Icon name="info" />
              <span className="sr">{flag.message}</span>
            </span>
          ))}
        </span>
      </td>
      <td className="only-wide opt">
        <span className="line line--tight">
          {content.tags?.map((tag) => (
            <Link key={tag} to="." search={(before) => ({ ...before, tag })} className="tag-link">
              <Tag>{tag}</Tag>
            </Link>
          ))}
        </span>
      </td>
    </tr>
  );
}
