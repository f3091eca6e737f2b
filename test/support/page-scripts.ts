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
