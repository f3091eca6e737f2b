import type { StreamVendor } from './gateway.ts';
import { asterisk } from './vendors/asterisk.ts';
import { freeSwitch } from './vendors/freeswitch.ts';
import { genesys } from './vendors/genesys.ts';
import { jambonz } from './vendors/jambonz.ts';
import { plivo } from './vendors/plivo.ts';
import { signalWire } from './vendors/signalwire.ts';
import { telnyx } from './vendors/telnyx.ts';
import { vonage } from './vendors/vonage.ts';

/** Everyone whose WebSocket streams Kefu understands, by the name that settings and paths use. */
export const streamVendors = {
  telnyx,
  plivo,
  vonage,
  signalwire: signalWire,
  jambonz,
  asterisk,
  freeswitch: freeSwitch,
  genesys,
} as const satisfies Record<string, StreamVendor>;

export type StreamVendorName = keyof typeof streamVendors;
