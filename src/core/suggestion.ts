/** ' (did you mean "say"?)' when a known word is near, else the list of known words when it is short. */
export function suggestion(word: string, known: readonly string[]): string {
  const near = known
    .map((candidate) => ({ candidate, distance: editDistance(word, candidate) }))
    .sort((left, right) => left.distance - right.distance)[0];
  if (near && near.distance <= Math.max(1, Math.floor(near.candidate.length / 3))) {
    return ` (did you mean "${near.candidate}"?)`;
  }
  return known.length > 0 && known.length <= 12 ? ` (known: ${known.join(', ')})` : '';
}

function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const change = left[i - 1] === right[j - 1] ? 0 : 1;
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + change));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
