'use strict';

// The standard library checks what it is given, in every build of ours: also where Zig, which builds the packages, says
// otherwise in front.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { execFileSync } = require('node:child_process');

const root = path.join(__dirname, '../..');

describe('the flags of every build', function () {
  this.timeout(60_000);

  let folder;
  before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hyperiondb-flags-'))));
  after(() => fs.rmSync(folder, { recursive: true }));

  it('turn the checks of both standard libraries on, behind what the compiler says by itself', () => {
    const settings = ['-DHDB_ADDON=OFF', '-DHDB_TESTS=OFF', '-DCMAKE_BUILD_TYPE=Release'];
    execFileSync('cmake', ['-S', root, '-B', folder, '-G', 'Ninja', ...settings], { stdio: 'ignore' });
    const commands = JSON.parse(fs.readFileSync(path.join(folder, 'compile_commands.json'), 'utf8'));
    const ours = commands.filter(({ file }) => file.startsWith(path.join(root, 'src')));
    assert.ok(ours.length > 0);
    for (const { command, file } of ours) {
      assert.match(command, / -D_GLIBCXX_ASSERTIONS /, file);
      assert.match(
        command,
        / -U_LIBCPP_HARDENING_MODE -D_LIBCPP_HARDENING_MODE=_LIBCPP_HARDENING_MODE_FAST /,
        file,
      );
    }
  });
});
