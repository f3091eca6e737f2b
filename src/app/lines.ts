import { join } from 'node:path';
import type { AuditLog } from '../core/audit.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import type { OutboundDialer } from '../core/telephony.ts';
import { ringingTone } from '../media/tones.ts';
import { createTranscoder } from '../media/transcoder.ts';
import { dialInTurn } from '../telephony/dialling.ts';
import { createSipGateway, type SipGateway } from '../telephony/sip/gateway.ts';
import { createFileEndings } from '../telephony/twilio/endings.ts';
import { createTwilioGateway } from '../telephony/twilio/gateway.ts';
import type { Config } from './config.ts';
import { createTrunkFile, openTrunks, type TrunkFile } from './trunks.ts';

/** The lines on which telephones are called, too. */
export interface TelephoneLines {
  readonly twilio: ReturnType<typeof createTwilioGateway>;
  /** The trunks, with the file that they come from; undefined without one. */
  readonly trunks: { readonly sip: SipGateway; readonly file: TrunkFile } | undefined;
  /** Calls people over the first line that can; undefined when none may. */
  readonly dialer: OutboundDialer | undefined;
}

/**
 * Opens the telephone lines of the settings. Trunks are known before anything is taken: a mistake in their file must stop the start.
 * @throws KefuError `config_invalid`.
 */
export async function openTelephoneLines(
  config: Config,
  { audit, clock, log }: { readonly audit: AuditLog; readonly clock: Clock; readonly log: Logger },
): Promise<TelephoneLines> {
  const { trunksFile } = config;
  const twilio = createTwilioGateway({
    authToken: config.twilioAuthToken,
    publicUrl: config.publicUrl,
    dialling: config.twilioDialling,
    endings: createFileEndings(join(config.dataDir, 'twilio-endings'), clock),
    defaultLanguage: config.language,
    clock,
    log,
  });
  if (trunksFile === undefined) return { twilio, trunks: undefined, dialer: dialerOf([twilio.dialer]) };
  const sip = await openSip(trunksFile, log);
  const file = createTrunkFile({ file: trunksFile, sip, audit, log });
  return { twilio, trunks: { sip, file }, dialer: dialerOf([sip.dialer, twilio.dialer]) };
}

async function openSip(trunksFile: string, log: Logger): Promise<SipGateway> {
  const sampleRateHz = 16_000;
  const ringTone = { samples: ringingTone(sampleRateHz), sampleRateHz } as const;
  const sip = createSipGateway({ settings: await openTrunks(trunksFile), createTranscoder, ringTone, log });
  await sip.open();
  return sip;
}

function dialerOf(lines: readonly (OutboundDialer | undefined)[]): OutboundDialer | undefined {
  const [first, ...others] = lines.filter((line) => line !== undefined);
  return first && dialInTurn([first, ...others]);
}
