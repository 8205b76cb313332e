import type { PooledModel } from "./pooled-model.ts";

/**
 * Which models have to leave so that another one fits: those that nobody works with first, and of these the least recently
 * used. `undefined` when it fits already.
 *
 * @returns nobody where it is enough to wait for those that are on their way out.
 */
export function whoMakesRoom(models: Iterable<PooledModel>, neededBytes: number, boundBytes: number): readonly PooledModel[] | undefined {
  let free = boundBytes - neededBytes;
  let coming = 0;
  const staying: PooledModel[] = [];
  for (const model of models) {
    free -= model.heldBytes;
    if (model.state === "closing") coming += model.heldBytes;
    else if (model.state !== "waiting") staying.push(model);
  }
  if (free >= 0) return undefined;
  free += coming;
  staying.sort((a, b) => Number(a.leases > 0) - Number(b.leases > 0) || a.lastUse - b.lastUse);
  const leaving: PooledModel[] = [];
  for (const model of staying) {
    if (free >= 0) break;
    free += model.heldBytes;
    leaving.push(model);
  }
  return leaving;
}
