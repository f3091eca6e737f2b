/** Signs of a sentence's being in scope, each higher the more it is. */
export type ScopeSigns = readonly number[];

/** How signs become the probability that a sentence is in scope: a logistic regression of few numbers. */
export interface ScopeJudge {
  readonly means: readonly number[];
  readonly deviations: readonly number[];
  readonly weights: readonly number[];
  readonly bias: number;
}

export interface ScopeExample {
  readonly signs: ScopeSigns;
  readonly inScope: boolean;
}

/** Probability that a sentence with these signs is in scope. */
export function judgeScope(judge: ScopeJudge, signs: ScopeSigns): number {
  const sum = judge.weights.reduce(
    (total, weight, index) => total + weight * standardised(judge, signs, index),
    judge.bias,
  );
  return 1 / (1 + Math.exp(-sum));
}

function standardised(
  judge: Pick<ScopeJudge, 'means' | 'deviations'>,
  signs: ScopeSigns,
  index: number,
): number {
  return ((signs[index] ?? 0) - (judge.means[index] ?? 0)) / (judge.deviations[index] ?? 1);
}

/** Steps of gradient descent; with standardised signs a few hundred are plenty. */
const steps = 400;
/** Keeps weights finite where the two kinds do not overlap, and small where examples are few. */
const ridge = 0.002;

/**
 * Learns to judge from sentences that the model was not trained on. Without a sentence out of scope there is nothing to learn:
 * then all signs count alike, and a sentence of middling signs is taken to be in scope nineteen times in twenty.
 */
export function learnScope(examples: readonly ScopeExample[]): ScopeJudge {
  const size = examples[0]?.signs.length ?? 0;
  const indices = Array.from({ length: size }, (_, index) => index);
  const means = indices.map((index) => mean(examples.map(({ signs }) => signs[index] ?? 0)));
  const deviations = indices.map((index) => {
    const squares = examples.map(({ signs }) => ((signs[index] ?? 0) - (means[index] ?? 0)) ** 2);
    return Math.sqrt(mean(squares)) || 1;
  });
  const shape = { means, deviations };
  const weights = new Array<number>(size).fill(1 / Math.max(1, size));
  let bias = Math.log(19);
  if (examples.every(({ inScope }) => inScope)) return { ...shape, weights, bias };
  const rows = examples.map(({ signs, inScope }) => ({
    values: indices.map((index) => standardised(shape, signs, index)),
    target: Number(inScope),
  }));
  for (let step = 0; step < steps; step += 1) {
    const slopes = new Array<number>(size).fill(0);
    let biasSlope = 0;
    for (const { values, target } of rows) {
      const sum = values.reduce((total, value, index) => total + value * (weights[index] ?? 0), bias);
      const error = (1 / (1 + Math.exp(-sum)) - target) / rows.length;
      biasSlope += error;
      for (const index of indices) slopes[index] = (slopes[index] ?? 0) + error * (values[index] ?? 0);
    }
    bias -= 2 * biasSlope;
    for (const index of indices) {
      const weight = weights[index] ?? 0;
      // A sign that would count the wrong way round is noise: it counts nothing.
      weights[index] = Math.max(0, weight - 2 * ((slopes[index] ?? 0) + ridge * weight));
    }
  }
  return { ...shape, weights, bias };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
