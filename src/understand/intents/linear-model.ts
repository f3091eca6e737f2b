import type { WordFeatures } from './features.ts';

/** What a linear model sees of one sentence. */
export interface Sample {
  /** The encoder's vector; empty for a model of words alone. */
  readonly vector: Float32Array;
  readonly words: WordFeatures;
}

/**
 * One weight for each class and dimension of the sentence vector, and for each class and place of the word features. The classes
 * of one place lie together, so that a sentence's few places are read in a row.
 */
export class LinearModel {
  readonly classes: number;
  readonly dimensions: number;
  readonly places: number;
  readonly bias: Float32Array;
  readonly dense: Float32Array;
  readonly sparse: Float32Array;

  constructor(
    classes: number,
    dimensions: number,
    places: number,
    weights?: { readonly bias: Float32Array; readonly dense: Float32Array; readonly sparse: Float32Array },
  ) {
    this.classes = classes;
    this.dimensions = dimensions;
    this.places = places;
    this.bias = weights?.bias ?? new Float32Array(classes);
    this.dense = weights?.dense ?? new Float32Array(classes * dimensions);
    this.sparse = weights?.sparse ?? new Float32Array(places * classes);
  }

  /** Takes over the weights of a model of the same form. */
  copy({ bias, dense, sparse }: LinearModel): void {
    this.bias.set(bias);
    this.dense.set(dense);
    this.sparse.set(sparse);
  }

  /** The classes' scores before they are made probabilities. `into` spares an allocation in the loops of training. */
  logits({ vector, words }: Sample, into = new Float64Array(this.classes)): Float64Array {
    const { classes, dimensions, dense, sparse } = this;
    for (let row = 0; row < classes; row += 1) {
      let sum = this.bias[row] ?? 0;
      const start = row * dimensions;
      for (let column = 0; column < vector.length; column += 1) {
        sum += (dense[start + column] ?? 0) * (vector[column] ?? 0);
      }
      into[row] = sum;
    }
    for (let index = 0; index < words.places.length; index += 1) {
      const start = (words.places[index] ?? 0) * classes;
      const value = words.values[index] ?? 0;
      for (let row = 0; row < classes; row += 1) {
        into[row] = (into[row] ?? 0) + (sparse[start + row] ?? 0) * value;
      }
    }
    return into;
  }
}

/** Makes probabilities of scores, in place. */
export function softmax(logits: Float64Array, temperature = 1): Float64Array {
  let highest = -Infinity;
  for (const logit of logits) highest = Math.max(highest, logit);
  let total = 0;
  for (let index = 0; index < logits.length; index += 1) {
    const weight = Math.exp(((logits[index] ?? 0) - highest) / temperature);
    logits[index] = weight;
    total += weight;
  }
  for (let index = 0; index < logits.length; index += 1) logits[index] = (logits[index] ?? 0) / total;
  return logits;
}
