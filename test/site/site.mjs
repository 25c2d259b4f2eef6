// site.mjs: builds the documentation site and looks at it in a headless Chromium. `npm run test:docs`.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { installPackages } from '../../scripts/bootstrap.mjs';
import { build } from '../../scripts/docs.mjs';
import { commandLine, inRoot, script, which } from '../../scripts/tools.mjs';

commandLine(import.meta.url);

const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.txt': 'text/plain',
  '.woff2': 'font/woff2',
};

/** Serves a folder as a static host does, `/x` for `x.html`; what is not there is noted. */
function serve(folder, missing) {
  const server = http.createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const base = path.join(folder, path.normalize(decodeURIComponent(pathname)));
    const file = [base, `${base}.html`, path.join(base, 'index.html')].find(
      (one) => fs.existsSync(one) && fs.statSync(one).isFile(),
    );
    if (!file) {
      missing.push(pathname);
      return response.writeHead(404).end();
    }
    response.writeHead(200, { 'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream' });
    fs.createReadStream(file).pipe(response);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

const CHECKS = {
  'the first page has the picture, in light and in dark': async ({ page, open }) => {
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await open('/');
      const picture = page.locator('picture img').first();
      await picture.evaluate((image) => image.decode());
      assert.match(await picture.evaluate((image) => image.currentSrc), /failover-|data:image\/svg/);
    }
  },
  'every page of the sidebar opens, with its title and without an error': async ({
    page,
    open,
    sidebar,
    errors,
  }) => {
    for (const { link } of sidebar.flatMap(({ items }) => items)) {
      await open(link);
      assert.ok((await page.locator('h1').first().innerText()).length > 2, link);
      assert.deepEqual(errors, [], link);
    }
  },
  'no page is wider than a telephone': async ({ page, open, sidebar }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    for (const { link } of sidebar.flatMap(({ items }) => items)) {
      await open(link);
      const [wanted, has] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert.ok(wanted <= has, `${link}: ${wanted} pixels`);
    }
    await page.setViewportSize({ width: 1280, height: 900 });
  },
  'diagrams are drawn': async ({ page, open }) => {
    await open('/');
    await page.locator('.mermaid svg').first().waitFor();
    await open('/STATE_MACHINES');
    await page.locator('.mermaid svg').first().waitFor();
  },
  'the search finds an option': async ({ page, open }) => {
    await open('/');
    await page.locator('.VPNavBarSearch button').first().click();
    await page.locator('.VPLocalSearchBox input').fill('exactlyOnce');
    await page.locator('.VPLocalSearchBox .result').first().waitFor();
    assert.match(await page.locator('.VPLocalSearchBox .results').innerText(), /Transactions/);
    await page.keyboard.press('Escape');
  },
  'a link of a text leads to its section': async ({ page, open }) => {
    await open('/ERRORS');
    await page.locator('main a[href$="#what-happened-to-my-statement"]').first().click();
    await page.locator('h2#what-happened-to-my-statement').waitFor();
  },
  'llms.txt lists the pages': async ({ page, at }) => {
    const response = await page.request.get(at('/llms.txt'));
    const text = await response.text();
    assert.match(text, /^# hyperiondb-client\n\n> A PostgreSQL client/);
    for (const name of ['TRANSACTIONS.md', 'api/options.md']) assert.ok(text.includes(`](${name})`), name);
    assert.ok((await (await page.request.get(at('/llms-full.txt'))).text()).length > 50_000);
  },
};

await script(async () => {
  await installPackages('docs');
  const dist = await build();
  const require = createRequire(inRoot('.cache/site/package.json'));
  const { chromium } = require('playwright-core');
  const { sidebar } = await import('../../build/site/src/.vitepress/config.mjs');
  const missing = [];
  const server = await serve(dist, missing);
  const at = (link) => `http://127.0.0.1:${server.address().port}${link}`;
  const browser = await chromium.launch({
    executablePath: which('chromium') ?? which('chromium-browser') ?? which('google-chrome'),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-sync',
    ],
  });
  let failed = 0;
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const errors = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    const open = (link) => page.goto(at(link), { waitUntil: 'networkidle' });
    for (const [title, check] of Object.entries(CHECKS)) {
      try {
        await check({ page, open, at, sidebar, errors });
        console.log(`  ok   ${title}`);
      } catch (error) {
        failed += 1;
        console.log(`  FAIL ${title}\n${error.stack}`);
      }
    }
    if (missing.length > 0) {
      failed += 1;
      console.log(`  FAIL the site asks for what it has not: ${[...new Set(missing)].join(', ')}`);
    }
    await page.screenshot({ path: inRoot('build/site/last.png') });
  } finally {
    await browser.close();
    server.close();
  }
  console.log(`\n${Object.keys(CHECKS).length + 1 - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
});
