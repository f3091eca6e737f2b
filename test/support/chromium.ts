import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'] as const;

/**
 * Starts the system's Chromium without a window. With `microphone`, a WAV file, every page that asks for the microphone hears that file
 * once from then on, and silence after it.
 */
export async function startChromium(options: { readonly microphone?: string } = {}): Promise<Browser> {
  const executablePath = places.find((place) => existsSync(place));
  if (executablePath === undefined) {
    throw new Error(`Chromium is missing (none of ${places.join(', ')}): apt-get install chromium`);
  }
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      ...(options.microphone === undefined
        ? []
        : [`--use-file-for-fake-audio-capture=${options.microphone}%noloop`]),
    ],
  });
}

/** A page, and everything its browser complained about. */
export interface WatchedPage {
  readonly page: Page;
  readonly complaints: readonly string[];
}

/** Opens a page in the chosen language and colours and listens for errors, warnings and violations of its security policy. */
export async function openPage(
  browser: Browser,
  options: {
    readonly language?: 'en' | 'zh';
    readonly theme?: 'light' | 'dark';
    readonly width?: number;
    readonly height?: number;
  } = {},
): Promise<WatchedPage> {
  const { language = 'en', theme = 'light', width = 1180, height = 900 } = options;
  const page = await browser.newPage({
    viewport: { width, height },
    locale: language === 'zh' ? 'zh-CN' : 'en-US',
  });
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText ?? '';
    // Aborted is what the page itself no longer wants: the rest of a recording, a stream that it has read to its end.
    if (why !== 'net::ERR_ABORTED') complaints.push(`${request.url()}: ${why}`);
  });
  // Scripts for the page are texts: they are of the browser's world, whose types the rest of the tests do not have.
  await page.addInitScript({
    content: `
      localStorage.setItem('kefu.language', '${language}');
      localStorage.setItem('kefu.theme', '${theme}');
      document.addEventListener('securitypolicyviolation', (event) => {
        console.error('violates ' + event.violatedDirective + ': ' + event.blockedURI);
      });`,
  });
  return { page, complaints };
}
