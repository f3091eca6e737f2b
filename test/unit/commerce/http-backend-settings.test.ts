import { describe, expect, it, vi } from 'vitest';
import { createHttpBackend } from '../../../src/commerce/http-backend.ts';

describe('the settings of the HTTP backend', () => {
  it.each([
    ['an address that is none', { baseUrl: 'shop' }],
    ['an address of another scheme', { baseUrl: 'ftp://shop.example' }],
    ['an address with a password', { baseUrl: 'https://me:secret@shop.example' }],
    ['an address with a query', { baseUrl: 'https://shop.example?x=1' }],
    ['an empty token', { token: '' }],
    ['a token with a line break', { token: 'a\nb' }],
  ])('refuse %s', (_what, wrong) => {
    const options = { baseUrl: 'https://shop.example', token: 'secret', ...wrong };
    expect(() => createHttpBackend(options)).toThrow(expect.objectContaining({ code: 'config_invalid' }));
  });

  it('warn of plain http to another machine, not to this one', async () => {
    const warn = vi.fn();
    const log = { debug: vi.fn(), warn };
    for (const baseUrl of [
      'http://localhost:1',
      'http://127.0.0.1:1',
      'http://[::1]:1',
      'https://shop.example',
    ]) {
      await createHttpBackend({ baseUrl, token: 'secret', log }).close();
    }
    expect(warn).not.toHaveBeenCalled();
    await createHttpBackend({ baseUrl: 'http://shop.example', token: 'secret', log }).close();
    expect(warn).toHaveBeenCalledOnce();
  });
});
