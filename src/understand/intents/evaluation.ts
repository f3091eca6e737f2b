/** One sentence as it should be understood and as it was. Undefined stands for out of scope. */
export interface Judged {
  readonly expected: string | undefined;
  readonly found: string | undefined;
  /** Score of what was found before rejection, and whether that was right: for the calibration error. */
  readonly score: number;
  readonly isBestRight: boolean;
}

/** How well sentences were understood. Shares are 0 to 1; undefined where no sentence asks for it. */
export interface IntentScores {
  readonly sentences: number;
  /** Share of all sentences with the right intent, or rightly none. */
  readonly accuracy: number | undefined;
  /** Mean over the intents (out of scope is one of them) of the harmonic mean of precision and recall. */
  readonly macroF1: number | undefined;
  /** Share of in-scope sentences whose best intent is right, were nothing rejected. */
  readonly inScopeAccuracy: number | undefined;
  /** Share of out-of-scope sentences that were turned down, and of those taken for an intent. */
  readonly outOfScopeRecall: number | undefined;
  readonly falseAccepts: number | undefined;
  /** Share of in-scope sentences that were turned down. */
  readonly falseRejects: number | undefined;
  /** Expected calibration error of the best intent's score, over ten even ranges. */
  readonly calibrationError: number | undefined;
  /** F1 of each intent. */
  readonly byIntent: Readonly<Record<string, number>>;
}

export const outOfScopeName = 'out_of_scope';

export function scoreIntents(judged: readonly Judged[]): IntentScores {
  const inScope = judged.filter(({ expected }) => expected !== undefined);
  const outOfScope = judged.filter(({ expected }) => expected === undefined);
  const byIntent = f1ByIntent(judged);
  const values = Object.values(byIntent);
  return {
    sentences: judged.length,
    accuracy: share(judged, ({ expected, found }) => expected === found),
    macroF1: values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length,
    inScopeAccuracy: share(inScope, ({ isBestRight }) => isBestRight),
    outOfScopeRecall: share(outOfScope, ({ found }) => found === undefined),
    falseAccepts: share(outOfScope, ({ found }) => found !== undefined),
    falseRejects: share(inScope, ({ found }) => found === undefined),
    calibrationError: calibrationError(judged),
    byIntent,
  };
}

function share(judged: readonly Judged[], holds: (one: Judged) => boolean): number | undefined {
  return judged.length === 0 ? undefined : judged.filter(holds).length / judged.length;
}

/** Intents that are expected nowhere are left out: a wrong guess counts against the intent it should have been. */
function f1ByIntent(judged: readonly Judged[]): Record<string, number> {
  const names = [...new Set(judged.map(({ expected }) => expected ?? outOfScopeName))].sort();
  return Object.fromEntries(
    names.map((name) => {
      let right = 0;
      let expectedCount = 0;
      let foundCount = 0;
      for (const { expected, found } of judged) {
        const isExpected = (expected ?? outOfScopeName) === name;
        const isFound = (found ?? outOfScopeName) === name;
        expectedCount += Number(isExpected);
        foundCount += Number(isFound);
        right += Number(isExpected && isFound);
      }
      return [name, (2 * right) / (expectedCount + foundCount)];
    }),
  );
}

const bins = 10;

function calibrationError(judged: readonly Judged[]): number | undefined {
  if (judged.length === 0) return undefined;
  const counts = new Array<number>(bins).fill(0);
  const scores = new Array<number>(bins).fill(0);
  const rights = new Array<number>(bins).fill(0);
  for (const { score, isBestRight } of judged) {
    const bin = Math.min(bins - 1, Math.floor(score * bins));
    counts[bin] = (counts[bin] ?? 0) + 1;
    scores[bin] = (scores[bin] ?? 0) + score;
    rights[bin] = (rights[bin] ?? 0) + Number(isBestRight);
  }
  return counts.reduce(
    (sum, _, bin) => sum + Math.abs((scores[bin] ?? 0) - (rights[bin] ?? 0)) / judged.length,
    0,
  );
}

/** A sentence's in-scope score, and whether it is in scope in truth. */
export interface ScopeScore {
  readonly inScope: boolean;
  readonly score: number;
}

/** The threshold that turns down at most `falseRejects` of the in-scope sentences. */
export function thresholdAt(scores: readonly ScopeScore[], falseRejects: number): number {
  const own = scores
    .filter(({ inScope }) => inScope)
    .map(({ score }) => score)
    .sort((a, b) => a - b);
  return own[Math.floor(own.length * falseRejects)] ?? 0;
}

/** Share of out-of-scope sentences below a threshold; undefined without any. */
export function recallBelow(scores: readonly ScopeScore[], threshold: number): number | undefined {
  const others = scores.filter(({ inScope }) => !inScope);
  return others.length === 0
    ? undefined
    : others.filter(({ score }) => score < threshold).length / others.length;
}
