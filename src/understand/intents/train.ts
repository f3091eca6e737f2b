import { LinearModel, softmax, type Sample } from './linear-model.ts';

/** A sentence with what it should be recognised as; several classes share the sentence evenly. */
export interface TrainingSample extends Sample {
  readonly classes: readonly number[];
  /** How much it counts. Default 1. */
  readonly weight?: number;
}

export interface TrainingOptions {
  readonly classes: number;
  readonly dimensions: number;
  readonly places: number;
  /** How often every sentence is seen. Default 12. */
  readonly epochs?: number;
  /** Pull towards zero, per step and unit of learning rate. Default 1e-4 on the vector, none on words: those see few steps each. */
  readonly decay?: number;
  /** Share of the target that is spread over all classes, so that no weight grows without bound. Default 0.02. */
  readonly smoothing?: number;
  /** Learning rates of the vector's and the words' weights. Defaults 0.15 and 0.5. */
  readonly denseRate?: number;
  readonly sparseRate?: number;
  /** The order of the sentences follows from it, and with it the whole result. Default 1. */
  readonly seed?: number;
  /** A model of the same form to go on from; it is not changed. Few epochs are enough then. */
  readonly start?: LinearModel;
  /** Called after each epoch: a moment for others to run, and to stop. */
  readonly onEpoch?: (epoch: number) => Promise<void> | void;
}

/**
 * What Adagrad takes gradients to have been so far, of the vector's weights and of the words': hardly anything at first, so that the first
 * steps are large, and what a whole training gathers where one is gone on with, so that they move what is there only a little.
 */
const freshSquares = { dense: 1e-4, sparse: 0 };
const settledSquares = { dense: 4, sparse: 0.5 };

/** Sentences between two steps of the vector's weights. */
const batchSize = 16;

/**
 * Multinomial logistic regression by Adagrad in small batches. The same samples in the same order give the same model: training
 * draws on nothing but the seed.
 */
export async function trainLinearModel(
  samples: readonly TrainingSample[],
  options: TrainingOptions,
): Promise<LinearModel> {
  const { classes, dimensions, places, epochs = 12, decay = 1e-4, smoothing = 0.02 } = options;
  const { denseRate = 0.15, sparseRate = 0.5 } = options;
  const model = new LinearModel(classes, dimensions, places);
  if (options.start) model.copy(options.start);
  const gradients = new Gradients(model, options.start ? settledSquares : freshSquares);
  const random = randomNumbers(options.seed ?? 1);
  const order = samples.map((_, index) => index);
  const logits = new Float64Array(classes);
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    shuffle(order, random);
    // The last steps are small, so that the result does not hang on the sentences that came last.
    const progress = epoch / epochs;
    const rate = progress < 0.5 ? 1 : 2 * (1 - progress);
    for (const [position, index] of order.entries()) {
      const sample = samples[index];
      if (!sample) continue;
      const errors = softmax(model.logits(sample, logits));
      const share = (1 - smoothing) / sample.classes.length;
      for (const own of sample.classes) errors[own] = (errors[own] ?? 0) - share;
      for (let row = 0; row < classes; row += 1) {
        errors[row] = ((errors[row] ?? 0) - smoothing / classes) * (sample.weight ?? 1);
      }
      gradients.stepWords(sample, errors, sparseRate * rate);
      gradients.add(sample, errors);
      if (position % batchSize === batchSize - 1 || position === order.length - 1) {
        gradients.stepVector(denseRate * rate, decay);
      }
    }
    await options.onEpoch?.(epoch);
  }
  return model;
}

/** Gradients gathered over a batch, and Adagrad's memory of how large they have been. */
class Gradients {
  readonly #model: LinearModel;
  readonly #dense: Float32Array;
  readonly #bias: Float32Array;
  readonly #denseSquares: Float32Array;
  readonly #biasSquares: Float32Array;
  readonly #sparseSquares: Float32Array;

  constructor(model: LinearModel, squares: typeof freshSquares) {
    this.#model = model;
    this.#dense = new Float32Array(model.dense.length);
    this.#bias = new Float32Array(model.bias.length);
    this.#denseSquares = new Float32Array(model.dense.length).fill(squares.dense);
    this.#biasSquares = new Float32Array(model.bias.length).fill(squares.dense);
    this.#sparseSquares = new Float32Array(model.sparse.length).fill(squares.sparse);
  }

  add({ vector }: Sample, errors: Float64Array): void {
    const { dimensions } = this.#model;
    for (let row = 0; row < errors.length; row += 1) {
      const error = errors[row] ?? 0;
      this.#bias[row] = (this.#bias[row] ?? 0) + error;
      // Most classes are out of the question for most sentences; their share changes nothing.
      if (Math.abs(error) < 1e-4) continue;
      const start = row * dimensions;
      for (let column = 0; column < vector.length; column += 1) {
        const at = start + column;
        this.#dense[at] = (this.#dense[at] ?? 0) + error * (vector[column] ?? 0);
      }
    }
  }

  stepVector(rate: number, decay: number): void {
    descend(this.#model.dense, this.#dense, this.#denseSquares, rate, decay);
    descend(this.#model.bias, this.#bias, this.#biasSquares, rate, 0);
  }

  /** Word features are rare: each sentence moves its own at once. */
  stepWords({ words }: Sample, errors: Float64Array, rate: number): void {
    const { sparse, classes } = this.#model;
    for (let index = 0; index < words.places.length; index += 1) {
      const value = words.values[index] ?? 0;
      const start = (words.places[index] ?? 0) * classes;
      for (let row = 0; row < classes; row += 1) {
        const gradient = (errors[row] ?? 0) * value;
        if (Math.abs(gradient) < 1e-5) continue;
        const at = start + row;
        const squares = (this.#sparseSquares[at] ?? 0) + gradient * gradient;
        this.#sparseSquares[at] = squares;
        sparse[at] = (sparse[at] ?? 0) - (rate * gradient) / Math.sqrt(squares + 1e-2);
      }
    }
  }
}

/** One step of Adagrad; the gradients are zero afterwards. */
function descend(
  weights: Float32Array,
  gradients: Float32Array,
  squares: Float32Array,
  rate: number,
  decay: number,
): void {
  for (let index = 0; index < weights.length; index += 1) {
    const gradient = gradients[index] ?? 0;
    const weight = weights[index] ?? 0;
    if (gradient === 0) continue;
    const square = (squares[index] ?? 0) + gradient * gradient;
    squares[index] = square;
    weights[index] = weight - rate * (gradient / Math.sqrt(square) + decay * weight);
    gradients[index] = 0;
  }
}

/** Numbers from 0 to 1 that follow from a seed (a linear congruential generator, good enough for shuffling). */
export function randomNumbers(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function shuffle(order: number[], random: () => number): void {
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other] ?? 0, order[last] ?? 0];
  }
}
