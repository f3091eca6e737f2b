import type { OpusDecoderHandle, OpusEncoderHandle } from 'libopus-wasm';
import { opusBitsPerSecond } from '../core/audio.ts';
import { KefuError } from '../core/errors.ts';

/** Rate of the sound on Kefu's side of the codec; an Opus stream may be coded and decoded at any of its rates (RFC 6716 section 2). */
export const opusRateHz = 16_000;
/** The loss that copies of earlier packets are made for. */
const expectedLossPercent = 10;
/** Of 0 to 10. More than this doubles the work for what a telephone's loudspeaker does not give back. */
const complexity = 5;
/** How many encoders and decoders are ready for calls that begin within the same event. */
const spares = 16;

/** Encoders or decoders that are ready: the library makes them only asynchronously, and a call's first packet cannot wait. */
class Spares<Handle> {
  readonly #create: () => Promise<Handle>;
  readonly #ready: Handle[] = [];
  #filling: Promise<void> | undefined;
  #failure: unknown;

  constructor(create: () => Promise<Handle>) {
    this.#create = create;
  }

  /** Resolves when there are as many as there should be. */
  fill(): Promise<void> {
    this.#filling ??= this.#fill().finally(() => (this.#filling = undefined));
    return this.#filling;
  }

  /** @throws KefuError `internal` when there is none. */
  take(): Handle {
    const handle = this.#ready.pop();
    // The library is there by now, so the next one is made before any other event is looked at.
    this.fill().catch((error: unknown) => (this.#failure = error));
    if (handle === undefined)
      throw new KefuError('internal', 'No Opus codec is ready.', { cause: this.#failure });
    return handle;
  }

  async #fill(): Promise<void> {
    while (this.#ready.length < spares) this.#ready.push(await this.#create());
  }
}

interface OpusLibrary {
  readonly encoders: Spares<OpusEncoderHandle>;
  readonly decoders: Spares<OpusDecoderHandle>;
  /** True for what the library throws, such as at a packet that is none. */
  readonly isOpusError: (error: unknown) => boolean;
}

let loading: Promise<void> | undefined;
let library: OpusLibrary | undefined;

/** Loads libopus, once; most installations do without it. Needed before the first codec. */
export function loadOpus(): Promise<void> {
  loading ??= load();
  return loading;
}

async function load(): Promise<void> {
  const { Application, Bandwidth, createDecoder, createEncoder, EncoderCtl, isOpusError, Signal } =
    await import('libopus-wasm');
  const form = { sampleRate: opusRateHz, channels: 1 } as const;
  const encoders = new Spares(async () => {
    const encoder = await createEncoder({
      ...{
        ...form,
        application: Application.Voip,
        signal: Signal.Voice,
        bitrate: opusBitsPerSecond,
        complexity,
      },
      ...{ fec: true, packetLossPercent: expectedLossPercent },
    });
    // All frames are of one kind, so that several fit into one packet.
    encoder.encoderCtl(EncoderCtl.SetBandwidth, Bandwidth.Wideband);
    return encoder;
  });
  const decoders = new Spares(() => createDecoder(form));
  await Promise.all([encoders.fill(), decoders.fill()]);
  library = { encoders, decoders, isOpusError };
}

/** @throws KefuError `internal` before `loadOpus` has resolved. */
export function opusLibrary(): OpusLibrary {
  if (!library) throw new KefuError('internal', 'Opus is used before it was loaded.');
  return library;
}
