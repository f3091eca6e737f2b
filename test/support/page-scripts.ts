/*
 * Scripts that run in a page before its own. They are texts, since they are of the browser's world, whose types the tests do not have.
 */

/** An ear at the page's loudspeaker: its loudest frequency. */
export const listenToLoudspeaker = `
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (target, ...rest) {
    if (target instanceof AudioDestinationNode && !(this instanceof AnalyserNode)) {
      const ear = (target.context.ear ??= new AnalyserNode(target.context, { fftSize: 4096 }));
      window.ear = ear;
      connect.call(this, ear);
    }
    return connect.call(this, target, ...rest);
  };
  window.loudestHz = () => {
    if (!window.ear) return 0;
    const bins = new Float32Array(window.ear.frequencyBinCount);
    window.ear.getFloatFrequencyData(bins);
    const best = bins.reduce((top, level, index) => (level > bins[top] ? index : top), 0);
    return bins[best] > -60 ? (best * window.ear.context.sampleRate) / window.ear.fftSize : 0;
  };`;

/** In place of the system's notifications, which nobody sees here. */
export const takeNotifications = `
  window.Notification = class {
    static permission = 'granted';
    constructor(title, { body }) {
      window.notified = [title, body];
      window.notification = this;
    }
    close() {
      this.closed = true;
    }
  };`;

/** Keeps what the page's loudspeaker plays, as 16-bit samples at 8 kHz in `window.played()`, base64. */
export const recordLoudspeaker = `
  const connectNode = AudioNode.prototype.connect;
  const kept = [];
  AudioNode.prototype.connect = function (target, ...rest) {
    if (target instanceof AudioDestinationNode && !(this instanceof ScriptProcessorNode)) {
      const { context } = target;
      if (!context.recorder) {
        const recorder = context.createScriptProcessor(4096, 1, 1);
        context.recorder = recorder;
        const step = context.sampleRate / 8000;
        let at = 0;
        recorder.onaudioprocess = ({ inputBuffer }) => {
          const samples = inputBuffer.getChannelData(0);
          for (; at < samples.length; at += step) {
            // The mean of the samples that one sample of the lower rate stands for.
            const from = Math.floor(at);
            const part = samples.subarray(from, Math.min(samples.length, from + Math.floor(step)));
            const mean = part.reduce((sum, sample) => sum + sample, 0) / Math.max(1, part.length);
            kept.push(Math.max(-32768, Math.min(32767, Math.round(mean * 32767))));
          }
          at -= samples.length;
        };
        connectNode.call(recorder, target);
      }
      connectNode.call(this, context.recorder);
    }
    return connectNode.call(this, target, ...rest);
  };
  window.played = () => {
    const bytes = new Uint8Array(Int16Array.from(kept).buffer);
    kept.length = 0;
    let text = '';
    for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    return btoa(text);
  };`;
