import { createChance } from './telephone.ts';

/** The little learning that the heads of emotion need: a softmax over sparse rows, and networks with one hidden layer. */

/** Adam (Kingma and Ba 2015) over one flat array of weights. */
class Adam {
  readonly weights: Float64Array;
  readonly #rate: number;
  readonly #mean: Float64Array;
  readonly #square: Float64Array;
  #steps = 0;

  constructor(weights: Float64Array, rate: number) {
    this.weights = weights;
    this.#rate = rate;
    this.#mean = new Float64Array(weights.length);
    this.#square = new Float64Array(weights.length);
  }

  /** One step against `gradient`, at a share of the learning rate. */
  step(gradient: Float64Array, share: number): void {
    this.#steps += 1;
    const [first, second] = [1 - 0.9 ** this.#steps, 1 - 0.999 ** this.#steps];
    for (let index = 0; index < gradient.length; index += 1) {
      const slope = gradient[index] ?? 0;
      const mean = 0.9 * (this.#mean[index] ?? 0) + 0.1 * slope;
      const square = 0.999 * (this.#square[index] ?? 0) + 0.001 * slope * slope;
      this.#mean[index] = mean;
      this.#square[index] = square;
      this.weights[index] =
        (this.weights[index] ?? 0) -
        (this.#rate * share * (mean / first)) / (Math.sqrt(square / second) + 1e-8);
    }
  }
}

/** One example for a softmax: which columns are not zero, with their values, and its class. */
export interface SparseRow {
  readonly columns: Int32Array;
  readonly values: Float64Array;
  readonly label: number;
}

export interface Softmax {
  /** Class by class: the weights of all columns, then the bias. */
  readonly weights: readonly Float64Array[];
}

/** Fits a softmax. `decay` is the pull of every weight towards 0, against the mean loss of an example. */
export function fitSoftmax(
  rows: readonly SparseRow[],
  {
    classes,
    columns,
    decay,
    epochs = 40,
  }: { classes: number; columns: number; decay: number; epochs?: number },
): Softmax {
  const width = columns + 1;
  const adam = new Adam(new Float64Array(classes * width), 0.02);
  const gradient = new Float64Array(classes * width);
  const chance = createChance(7);
  const batch = 128;
  const order = rows.map((_, index) => index);
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    shuffle(order, chance);
    for (let start = 0; start < order.length; start += batch) {
      const part = order.slice(start, start + batch);
      for (let index = 0; index < gradient.length; index += 1)
        gradient[index] = (index + 1) % width === 0 ? 0 : decay * (adam.weights[index] ?? 0);
      for (const at of part) {
        const row = rows[at];
        if (!row) continue;
        const shares = softmax(classSums(adam.weights, row, classes, width));
        for (let label = 0; label < classes; label += 1) {
          const error = ((shares[label] ?? 0) - (row.label === label ? 1 : 0)) / part.length;
          const base = label * width;
          for (let index = 0; index < row.columns.length; index += 1) {
            const place = base + (row.columns[index] ?? 0);
            gradient[place] = (gradient[place] ?? 0) + error * (row.values[index] ?? 0);
          }
          gradient[base + columns] = (gradient[base + columns] ?? 0) + error;
        }
      }
      adam.step(gradient, 1 - epoch / epochs);
    }
  }
  return {
    weights: Array.from({ length: classes }, (_, label) =>
      adam.weights.slice(label * width, (label + 1) * width),
    ),
  };
}

/** Evidence for each class of an example. */
export function softmaxSums({ weights }: Softmax, row: SparseRow): number[] {
  return weights.map((own) => {
    let sum = own.at(-1) ?? 0;
    for (let index = 0; index < row.columns.length; index += 1)
      sum += (own[row.columns[index] ?? 0] ?? 0) * (row.values[index] ?? 0);
    return sum;
  });
}

function classSums(weights: Float64Array, row: SparseRow, classes: number, width: number): number[] {
  return Array.from({ length: classes }, (_, label) => {
    const base = label * width;
    let sum = weights[base + width - 1] ?? 0;
    for (let index = 0; index < row.columns.length; index += 1)
      sum += (weights[base + (row.columns[index] ?? 0)] ?? 0) * (row.values[index] ?? 0);
    return sum;
  });
}

export function softmax(sums: readonly number[]): number[] {
  const most = Math.max(...sums);
  const powers = sums.map((sum) => Math.exp(sum - most));
  const total = powers.reduce((sum, value) => sum + value, 0);
  return powers.map((value) => value / total);
}

/** One example for a network: its input, and for each output what it should be (0 or 1) and how much that counts. */
export interface NetworkRow {
  readonly input: Float64Array;
  readonly targets: readonly number[];
  readonly counts: readonly number[];
}

export interface Network {
  readonly hidden: { readonly weights: number[][]; readonly bias: number[] };
  readonly output: { readonly weights: number[][]; readonly bias: number[] };
}

export interface NetworkOptions {
  readonly hidden: number;
  readonly epochs: number;
  readonly decay: number;
  /** Noise put on every input, as a share of its spread: what is learned must not hang on fine differences. */
  readonly noise: number;
  readonly seed: number;
}

/** Fits a network with one hidden layer of tanh, and a logistic loss on each output. */
export function fitNetwork(rows: readonly NetworkRow[], options: NetworkOptions): Network {
  const { hidden, epochs, decay, noise, seed } = options;
  const inputs = rows[0]?.input.length ?? 0;
  const outputs = rows[0]?.targets.length ?? 0;
  const chance = createChance(seed);
  const normal = () => chance() + chance() + chance() + chance() - 2;
  const first = hidden * (inputs + 1);
  const weights = Float64Array.from({ length: first + outputs * (hidden + 1) }, (_, index) =>
    index < first ? (normal() * 1.7) / Math.sqrt(inputs) : (normal() * 1.7) / Math.sqrt(hidden),
  );
  const adam = new Adam(weights, 0.003);
  const gradient = new Float64Array(weights.length);
  const order = rows.map((_, index) => index);
  const noisy = new Float64Array(inputs);
  const middle = new Float64Array(hidden);
  const back = new Float64Array(hidden);
  const batch = 64;
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    shuffle(order, chance);
    for (let start = 0; start < order.length; start += batch) {
      const part = order.slice(start, start + batch);
      for (let index = 0; index < gradient.length; index += 1)
        gradient[index] = decay * (weights[index] ?? 0);
      for (const at of part) {
        const row = rows[at];
        if (!row) continue;
        for (let index = 0; index < inputs; index += 1)
          noisy[index] = (row.input[index] ?? 0) + noise * normal() * 1.7;
        forward(weights, noisy, middle, inputs);
        back.fill(0);
        for (let output = 0; output < outputs; output += 1) {
          const base = first + output * (hidden + 1);
          let sum = weights[base + hidden] ?? 0;
          for (let unit = 0; unit < hidden; unit += 1)
            sum += (weights[base + unit] ?? 0) * (middle[unit] ?? 0);
          const share = 1 / (1 + Math.exp(-sum));
          const error = ((share - (row.targets[output] ?? 0)) * (row.counts[output] ?? 0)) / part.length;
          for (let unit = 0; unit < hidden; unit += 1) {
            gradient[base + unit] = (gradient[base + unit] ?? 0) + error * (middle[unit] ?? 0);
            back[unit] = (back[unit] ?? 0) + error * (weights[base + unit] ?? 0);
          }
          gradient[base + hidden] = (gradient[base + hidden] ?? 0) + error;
        }
        for (let unit = 0; unit < hidden; unit += 1) {
          const error = (back[unit] ?? 0) * (1 - (middle[unit] ?? 0) ** 2);
          const base = unit * (inputs + 1);
          for (let index = 0; index < inputs; index += 1)
            gradient[base + index] = (gradient[base + index] ?? 0) + error * (noisy[index] ?? 0);
          gradient[base + inputs] = (gradient[base + inputs] ?? 0) + error;
        }
      }
      adam.step(gradient, 1 - (0.9 * epoch) / epochs);
    }
  }
  const layer = (base: number, units: number, width: number) => ({
    weights: Array.from({ length: units }, (_, unit) =>
      Array.from(weights.slice(base + unit * (width + 1), base + unit * (width + 1) + width), shorten),
    ),
    bias: Array.from({ length: units }, (_, unit) =>
      shorten(weights[base + unit * (width + 1) + width] ?? 0),
    ),
  });
  return { hidden: layer(0, hidden, inputs), output: layer(first, outputs, hidden) };
}

function forward(weights: Float64Array, input: Float64Array, middle: Float64Array, inputs: number): void {
  for (let unit = 0; unit < middle.length; unit += 1) {
    const base = unit * (inputs + 1);
    let sum = weights[base + inputs] ?? 0;
    for (let index = 0; index < inputs; index += 1) sum += (weights[base + index] ?? 0) * (input[index] ?? 0);
    middle[unit] = Math.tanh(sum);
  }
}

const shorten = (value: number) => Math.round(value * 1e4) / 1e4;

function shuffle(order: number[], chance: () => number): void {
  for (let index = order.length - 1; index > 0; index -= 1) {
    const other = Math.floor(chance() * (index + 1));
    [order[index], order[other]] = [order[other] ?? 0, order[index] ?? 0];
  }
}

/** Share of pairs, one of each kind, in which the first kind has the higher score: the area under the ROC curve. */
export function areaUnderCurve(scores: readonly number[], isPositive: readonly boolean[]): number {
  const sorted = scores
    .map((score, index) => ({ score, is: isPositive[index] === true }))
    .sort((a, b) => a.score - b.score);
  let [ranks, positives, at] = [0, 0, 0];
  while (at < sorted.length) {
    let end = at;
    while (end < sorted.length && sorted[end]?.score === sorted[at]?.score) end += 1;
    const rank = (at + end + 1) / 2;
    for (const { is } of sorted.slice(at, end)) {
      if (!is) continue;
      positives += 1;
      ranks += rank;
    }
    at = end;
  }
  const negatives = sorted.length - positives;
  return positives === 0 || negatives === 0
    ? NaN
    : (ranks - (positives * (positives + 1)) / 2) / (positives * negatives);
}
