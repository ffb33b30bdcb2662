import { type ComponentType, lazy, useEffect, useState } from "react";
import { part } from "@/lib/code";

/** A component whose code comes when it is shown. Where it does not come, `Instead` stands until it is shown again. */
export function lazily<P extends object>(
  name: string,
  load: () => Promise<ComponentType<P>>,
  Instead: ComponentType<P>,
): ComponentType<P> {
  function StandIn(props: P) {
    useEffect(
      () => () => {
        Current = fresh();
      },
      [],
    );
    return <Instead {...props} />;
  }
  function fresh() {
    return lazy(() =>
      part(name, load).then(
        (Loaded) => ({ default: Loaded }),
        () => ({ default: StandIn as ComponentType<P> }),
      ),
    );
  }
  let Current: ComponentType<P> = fresh();
  return function Lazily(props: P) {
    const [Mine] = useState(() => Current);
    return <Mine {...props} />;
  };
}
