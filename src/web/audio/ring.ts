/** Notes of one ring, in Hz, and how the ring repeats. */
const notes = [659.26, 783.99, 987.77] as const;
const noteS = 0.16;
const everyS = 2.6;
const loudness = 0.25;

/** Rings until the returned function is called, which may be called twice. */
export function ring(context: AudioContext, times = Infinity): () => void {
  let rung = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const playing = new Set<OscillatorNode>();
  const once = (): void => {
    for (const [index, frequency] of [...notes, ...notes].entries()) {
      const startS = context.currentTime + 0.02 + index * noteS + (index < notes.length ? 0 : noteS);
      const oscillator = new OscillatorNode(context, { type: 'triangle', frequency });
      const gain = new GainNode(context, { gain: 0 });
      gain.gain.setValueAtTime(0, startS);
      gain.gain.linearRampToValueAtTime(loudness, startS + 0.02);
      gain.gain.linearRampToValueAtTime(0, startS + noteS);
      oscillator.connect(gain).connect(context.destination);
      oscillator.onended = () => playing.delete(oscillator);
      oscillator.start(startS);
      oscillator.stop(startS + noteS);
      playing.add(oscillator);
    }
    rung += 1;
    if (rung < times) timer = setTimeout(once, everyS * 1000);
  };
  once();
  return () => {
    clearTimeout(timer);
    for (const oscillator of playing) oscillator.stop();
    playing.clear();
  };
}
