/**
 * What nobody who reads a recorded message may see: proofs of passwords, keys of encrypted sound, and keys that a caller has pressed,
 * which may be those of a card or an account.
 */
const masks: readonly (readonly [RegExp, string])[] = [
  [/^((?:proxy-)?authorization[ \t]*:.*?\bresponse[ \t]*=[ \t]*")[^"]*/gim, '$1***'],
  [/^(authorization[ \t]*:[ \t]*(?!digest\b)\S+[ \t]+).*$/gim, '$1***'],
  [/^(a=crypto:\S+[ \t]+\S+[ \t]+inline:)[^\s|]+/gim, '$1***'],
];
const pressedKeys: readonly (readonly [RegExp, string])[] = [
  [/^(signal[ \t]*=[ \t]*)[0-9a-d*#]+/gim, '$1?'],
  // `application/dtmf`: the key is the whole body.
  [/(^content-type[ \t]*:[ \t]*application\/dtmf[ \t]*\r\n[^]*?\r\n\r\n)[^]*$/im, '$1?'],
];

/**
 * The bytes of a SIP message without its secrets.
 * @param options.keys - True: keys that were pressed may be seen.
 */
export function maskSecrets(bytes: Uint8Array, options: { readonly keys?: boolean } = {}): Uint8Array {
  let text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  for (const [pattern, replacement] of options.keys ? masks : [...masks, ...pressedKeys])
    text = text.replace(pattern, replacement);
  return Buffer.from(text, 'latin1');
}
