import type { Actor, AuditLog } from '../core/audit.ts';
import { toKefuError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { ReloadReport, SipGateway } from '../telephony/sip/gateway.ts';
import { loadCodecs } from '../media/codec.ts';
import { wireCodecsOf } from '../telephony/sip/codecs.ts';
import { readTrunks, type TrunkSettings } from '../telephony/sip/trunks.ts';

/**
 * Reads the trunks file, and loads the codecs that it allows: a call cannot wait for them.
 * @throws KefuError `config_invalid` naming every mistake with its line.
 */
export async function openTrunks(file: string): Promise<TrunkSettings> {
  const settings = await readTrunks(file);
  await loadCodecs(wireCodecsOf(settings.trunks));
  return settings;
}

/** The trunks file of a running Kefu. */
export interface TrunkFile {
  /**
   * Reads the file again; a wrong one changes nothing.
   * @throws KefuError `config_invalid` naming every mistake with its line.
   */
  reload(actor: Actor): Promise<ReloadReport>;
}

export function createTrunkFile(parts: {
  readonly file: string;
  readonly sip: Pick<SipGateway, 'reload'>;
  readonly audit: AuditLog;
  readonly log: Logger;
}): TrunkFile {
  const { file, sip, audit, log } = parts;
  return {
    async reload(actor) {
      try {
        const settings = await openTrunks(file);
        // Who may call and be called is changed by nobody unnoticed.
        const names = settings.trunks.map(({ name }) => name);
        await audit.record({ actor, action: 'trunks.reloaded', subject: null, details: { trunks: names } });
        return sip.reload(settings);
      } catch (error) {
        log.error(
          { error: toKefuError(error).message },
          'The trunks were not read again; those from before go on',
        );
        throw error;
      }
    },
  };
}

/** Whoever sent SIGHUP to the process. */
export const signalActor: Actor = { personId: null, name: 'SIGHUP', address: null };
