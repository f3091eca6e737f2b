import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import { createAudioSocketGateway, type AudioSocketGateway } from '../telephony/audiosocket/gateway.ts';
import type { WebSocketGateway } from '../telephony/gateway.ts';
import { createStreamGateway } from '../telephony/streams/gateway.ts';
import { genesysRefusal } from '../telephony/streams/genesys-signature.ts';
import { streamVendors } from '../telephony/streams/vendors.ts';
import { createFileEndings } from '../telephony/twilio/endings.ts';
import type { Config } from './config.ts';

/** Gateways for the media streams that the settings ask for, and for nobody else. */
export function createStreamGateways(
  { streams, publicUrl, dataDir, language }: Config,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): { readonly webSockets: WebSocketGateway[]; readonly audioSocket: AudioSocketGateway | undefined } {
  const { token, allow, genesys, audioSocket } = streams;
  const endings = createFileEndings(join(dataDir, 'stream-endings'), clock);
  return {
    webSockets: streams.vendors.map(({ name, webhookSecret }) =>
      createStreamGateway(streamVendors[name], {
        token,
        webhookSecret,
        allow,
        publicUrl,
        endings,
        defaultLanguage: language,
        ...(name === 'genesys' &&
          genesys && { ownProof: (request) => genesysRefusal(request, genesys, clock.epochMs()) }),
        clock,
        log,
      }),
    ),
    audioSocket: audioSocket && createAudioSocketGateway({ ...audioSocket, allow, token, clock, log }),
  };
}
