import { createRandom } from '../../src/commerce/demo-shop/random.ts';

/** Random numbers that are the same in every run, so that a simulation that failed fails again. */
export interface Random {
  /** 0 up to, but not including, 1. */
  next(): number;
  chance(probability: number): boolean;
  between(least: number, most: number): number;
  /** Exponentially distributed. */
  exponential(mean: number): number;
  /** Lognormal, with a standard deviation of about half the mean. */
  lognormal(mean: number): number;
  pick<T>(choices: readonly [T, ...T[]]): T;
}

export function seededRandom(seed: number): Random {
  const random = createRandom(seed);
  const next = (): number => random.next();
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const sigma = Math.sqrt(Math.log(1.25));
  return {
    next,
    chance: (probability) => random.chance(probability),
    between: (least, most) => least + next() * (most - least),
    exponential: (mean) => -mean * Math.log(1 - next()),
    lognormal: (mean) => mean * Math.exp(sigma * normal() - (sigma * sigma) / 2),
    pick: (choices) => choices[Math.floor(next() * choices.length)] ?? choices[0],
  };
}
