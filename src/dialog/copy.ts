/**
 * A copy of a value that consists of plain objects, lists and primitive values, none of which it shares with the original. Dialogs
 * copy their state at each event, and this takes a third of the time of `structuredClone`, which allows for much more.
 */
export function copyOf<Value>(value: Value): Value {
  return copy(value) as Value;
}

function copy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copy);
  const copied: Record<string, unknown> = {};
  for (const key of Object.keys(value)) copied[key] = copy((value as Record<string, unknown>)[key]);
  return copied;
}
