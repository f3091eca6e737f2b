/** Samples as sherpa-onnx takes them, -1 to 1, with `silence` zeros behind them. */
export function toFloats(samples: Int16Array, silence = 0): Float32Array {
  const floats = new Float32Array(samples.length + silence);
  for (let index = 0; index < samples.length; index += 1) floats[index] = (samples[index] ?? 0) / 32768;
  return floats;
}
