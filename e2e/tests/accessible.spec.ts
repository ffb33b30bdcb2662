// Every page, light and dark, at a desk and on a phone, has nothing for axe to say.
import { settled, violations } from "../axe";
import { expect, test } from "../test";

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [1440, 390]) {
    test(`${colorScheme}, ${width} px`, async ({ page, api, ollama }) => {
      test.setTimeout(120_000);
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
      await page.goto("/");
      await settled(page);
      expect(await violations(page), "first start").toEqual([]);

      await api.post("samples");
      const run = await api.start("word-problem", ["simulated/simulated-small", "ollama/llama3.2:latest"]);
      await api.finished(run.id);
      const { items } = await api.get<{ items: { position: number }[] }>(`runs/${run.id}/cells?verdict=fail`);
      const card = await api.get<{ suite_id: string }>("cards/word-problem");
      const cases = await api.get<{ items: { id: string }[] }>(`suites/${card.suite_id}/cases`);
      // One pull under way and one that broke off.
      await ollama.control({ pull_ms: 600_000 });
      const { items: providers } = await api.get<{ items: { id: string }[] }>("providers");
      for (const name of ["llama3.2:1b", "no-such-model"]) {
        await api.post(`providers/${providers[0]?.id}/models`, { name });
      }
      const addresses = [
        "/",
        "/cards",
        "/cards?new=true",
        "/cards?search=nothing+like+this",
        "/cards/word-problem",
        "/cards/word-problem/cases",
        `/cards/word-problem/cases?case=${cases.items[0]?.id}`,
        "/cards/word-problem/cases?case=new",
        "/cards/word-problem/cases?import=true",
        "/cards/word-problem/versions",
        "/cards/word-problem/runs",
        "/cards/word-problem/settings",
        "/runs",
        "/runs/new?card=word-problem",
        `/runs/${run.id}`,
        `/runs/${run.id}?show=different`,
        `/runs/${run.id}?search=nothing+like+this`,
        `/runs/${run.id}?cell=${items[0]?.position}`,
        "/models",
        "/models?diagnose=ollama",
        "/providers",
        "/outbound",
        "/health",
        "/nowhere",
      ];
      for (const address of addresses) {
        await page.goto(address);
        await settled(page);
        expect.soft(await violations(page), address).toEqual([]);
      }
    });
  }
}
