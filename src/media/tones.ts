export function dtmfTone(_digit: string, rateHz: number): Int16Array {
  return new Int16Array(rateHz / 5);
}
