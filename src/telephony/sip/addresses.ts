import { BlockList, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Endpoint } from './flow.ts';

/** Addresses that only make sense inside a network: RFC 1918, loopback, link-local, shared (RFC 6598), unique local (RFC 4193). */
const privateNets = new BlockList();
for (const [net, bits] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['100.64.0.0', 10],
] as const) {
  privateNets.addSubnet(net, bits);
}
privateNets.addAddress('::1', 'ipv6');
privateNets.addSubnet('fe80::', 10, 'ipv6');
privateNets.addSubnet('fc00::', 7, 'ipv6');

/** IPv4 written as IPv6 becomes plain IPv4, so that addresses can be compared. */
export function plainAddress(address: string): string {
  return address
    .replace(/^::ffff:(?=\d+\.)/i, '')
    .replace(/%.*$/, '')
    .toLowerCase();
}

export function isPrivateAddress(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && privateNets.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** A list of addresses and networks such as `198.51.100.0/24`; undefined when one of them is neither. */
export function addressList(entries: readonly string[]): { has(address: string): boolean } | undefined {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = '', bits, more] = entry.split('/');
    const family = isIP(address);
    const size = bits === undefined ? undefined : Number(bits);
    if (family === 0 || more !== undefined) return undefined;
    if (size !== undefined && !(/^\d+$/.test(bits ?? '') && size <= (family === 6 ? 128 : 32)))
      return undefined;
    const name = family === 6 ? 'ipv6' : 'ipv4';
    if (size === undefined) list.addAddress(address, name);
    else list.addSubnet(address, size, name);
  }
  return {
    has(address) {
      const family = isIP(address);
      return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
    },
  };
}

/**
 * The address under which `remote` reaches this machine: the public one for peers outside, else the one of the interface in the
 * peer's network, else the first that is not loopback.
 */
export function localAddressFor(remote: string, bound: string, publicAddress: string | undefined): string {
  if (publicAddress !== undefined && !isPrivateAddress(remote)) return publicAddress;
  if (bound !== '0.0.0.0' && bound !== '::') return bound;
  const family = isIP(remote) === 6 ? 'IPv6' : 'IPv4';
  const all = Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .filter((entry) => entry.family === family);
  const near = all.find((entry) => entry.cidr !== null && addressList([entry.cidr])?.has(remote));
  return (near ?? all.find((entry) => !entry.internal) ?? all[0])?.address ?? bound;
}

export function endpointText({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
