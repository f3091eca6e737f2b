export function holdMusic(rateHz: number): Int16Array {
  return new Int16Array(rateHz);
}
