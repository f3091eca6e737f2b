import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { attachUpgrades } from '../../../src/telephony/gateway.ts';
import { createTextGateway } from '../../../src/telephony/text.ts';
import { createCapturedLog } from '../../support/captured-log.ts';

describe('the upgrades of a server', () => {
  it('are refused to be shared by two gateways with one path', () => {
    const log = createCapturedLog();
    const gateways = [createTextGateway({ log }), createTextGateway({ log })];
    expect(() => attachUpgrades(createServer(), gateways, log)).toThrow(
      expect.objectContaining({ code: 'config_invalid' }),
    );
  });

  it('are left alone once detached', () => {
    const log = createCapturedLog();
    const server = createServer();
    const detach = attachUpgrades(server, [createTextGateway({ log })], log);
    expect(server.listenerCount('upgrade')).toBe(1);
    detach();
    expect(server.listenerCount('upgrade')).toBe(0);
  });
});
