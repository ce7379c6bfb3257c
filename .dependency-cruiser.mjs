/** The house's rooms and who may know whom: imports run one way. */
const rooms = {
  core: [],
  topology: ['core'],
  scenario: ['core', 'topology'],
  verdict: ['core', 'topology', 'scenario'],
  report: ['core', 'topology', 'scenario', 'verdict'],
  page: ['core', 'scenario', 'verdict', 'report'],
  engine: ['core', 'topology'],
  observe: ['core', 'topology', 'engine'],
  run: ['core', 'topology', 'scenario', 'verdict', 'engine', 'observe'],
};

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    ...Object.entries(rooms).map(([room, known]) => ({
      name: `${room}-knows-only-${known.join('-') || 'itself'}`,
      severity: 'error',
      from: { path: `^lab/${room}/` },
      to: { path: '^(lab|scripts|test)/', pathNot: `^lab/(${[room, ...known].join('|')})/` },
    })),
    {
      name: 'only-engine-knows-docker',
      severity: 'error',
      from: { path: '^(lab|scripts)/', pathNot: '^lab/engine/' },
      to: { path: 'node_modules/(@types/)?(dockerode|testcontainers)' },
    },
    { name: 'zx-is-for-scripts', severity: 'error', from: { path: '^lab/' }, to: { path: 'node_modules/zx' } },
    { name: 'nobody-knows-tests', severity: 'error', from: { path: '^(lab|scripts)/' }, to: { path: '^test/' } },
  ],
  options: { doNotFollow: { path: 'node_modules' }, tsPreCompilationDeps: true, tsConfig: { fileName: 'tsconfig.json' } },
};
