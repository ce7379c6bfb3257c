/** A real Chromium, headless, that opens rendered pages from files and lets no page reach a network. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { projectFolder } from '../../lab/core/project.ts';
import { findChromium } from '../../scripts/find-chromium.ts';

/** Quiet, and running as root is allowed. */
const switches = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface OpenPage {
  readonly page: Page;
  readonly address: string;
  /** What the page complained of, and whatever it asked for beside its own address. */
  readonly troubles: readonly string[];
}

export class TestBrowser {
  readonly #browser: Browser;
  readonly #folder: string;
  #pages = 0;

  private constructor(browser: Browser, folder: string) {
    this.#browser = browser;
    this.#folder = folder;
  }

  static async start(): Promise<TestBrowser> {
    const executablePath = findChromium();
    if (!executablePath) throw new Error('there is no Chromium here: apt-get install chromium, or name one in CHROMIUM');
    return new TestBrowser(await chromium.launch({ executablePath, args: switches }), await mkdtemp(join(tmpdir(), 'pglab-page-')));
  }

  async save(html: string): Promise<string> {
    this.#pages += 1;
    const file = join(this.#folder, `${this.#pages}.html`);
    await writeFile(file, html);
    return pathToFileURL(file).href;
  }

  async open(address: string, look: { scheme?: 'light' | 'dark'; width?: number; height?: number } = {}): Promise<OpenPage> {
    const { scheme = 'light', width = 1400, height = 900 } = look;
    const page = await this.#browser.newPage({ viewport: { width, height }, colorScheme: scheme });
    const troubles: string[] = [];
    page.on('console', (message) => troubles.push(message.text()));
    page.on('pageerror', (error) => troubles.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith(address.replace(/#.*/, ''))) troubles.push(`asked for ${request.url()}`);
    });
    await page.goto(address);
    await page.waitForSelector('.tabs [aria-selected=true]');
    return { page, address, troubles };
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** For people: `.lab/screenshots/NAME.png`. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const folder = join(projectFolder, '.lab', 'screenshots');
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
