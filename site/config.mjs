// The site's configuration; scripts/docs.mjs puts it beside the pages that it collects.
import { withMermaid } from 'vitepress-plugin-mermaid';

const page = (text, link) => ({ text, link });

export const sidebar = [
  {
    text: 'Guide',
    items: [
      page('Introduction', '/'),
      page('Installing', '/INSTALLING'),
      page('Connecting', '/CONNECTING'),
      page('Queries', '/QUERIES'),
      page('Transactions and batches', '/TRANSACTIONS'),
      page('Types', '/TYPES'),
      page('Errors', '/ERRORS'),
      page('Operations', '/OPERATIONS'),
      page('Migrating', '/MIGRATING'),
      page('Comparison', '/COMPARISON'),
      page('Performance', '/PERFORMANCE'),
    ],
  },
  {
    text: 'Reference',
    items: [
      page('Index', '/api/'),
      ...['pool', 'sql', 'options', 'transaction', 'result', 'error', 'cluster', 'stats'].map((name) =>
        page(name, `/api/${name}`),
      ),
    ],
  },
  {
    text: 'Inside',
    items: [
      page('Architecture', '/ARCHITECTURE'),
      page('State machines', '/STATE_MACHINES'),
      page('Decisions', '/DECISIONS'),
      page('Faults and their tests', '/FAULTS'),
      page('Contributing', '/CONTRIBUTING'),
      page('Extending the client', '/EXTENDING'),
      page('Security', '/SECURITY'),
      page('Changelog', '/CHANGELOG'),
    ],
  },
];

export default withMermaid({
  title: 'hyperiondb-client',
  description: 'A PostgreSQL client for Node.js that follows the primary through a failover.',
  base: process.env.DOCS_BASE ?? '/',
  head: [['link', { rel: 'icon', href: `${process.env.DOCS_BASE ?? '/'}favicon.svg` }]],
  cleanUrls: true,
  // The sources are not part of the site; whatever else is linked has to be there.
  ignoreDeadLinks: false,
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    sidebar,
  },
});
