'use strict';

/* A certificate authority made on the fly by openssl, and what it signs, lets expire, and revokes. */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { execFileSync } = require('node:child_process');

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];

class Authority {
  #count = 0;

  /** @param {string} name of its certificate */
  constructor(name = 'test authority') {
    this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'authority-'));
    fs.chmodSync(this.dir, 0o755); // a server with an account of its own reads here, too
    fs.mkdirSync(this.#file('issued'));
    fs.writeFileSync(this.#file('index.txt'), '');
    fs.writeFileSync(this.#file('serial'), '01\n');
    fs.writeFileSync(this.#file('crlnumber'), '01\n');
    fs.writeFileSync(
      this.#file('ca.cnf'),
      [
        '[ca]',
        'default_ca=own',
        '[own]',
        `dir=${this.dir}`,
        'database=$dir/index.txt',
        'serial=$dir/serial',
        'crlnumber=$dir/crlnumber',
        'new_certs_dir=$dir/issued',
        'certificate=$dir/ca.crt',
        'private_key=$dir/ca.key',
        'default_md=sha256',
        'default_days=2',
        'default_crl_days=2',
        'unique_subject=no',
        'policy=any',
        '[any]',
        'commonName=supplied',
        '[req]',
        'distinguished_name=none',
        '[none]',
      ].join('\n'),
    );
    this.cert = this.#file('ca.crt');
    this.crl = this.#file('crl.pem');
    this.crlDir = this.#file('crls');
    fs.mkdirSync(this.crlDir);
    this.#openssl(
      ...['req', '-x509', ...KEY, '-nodes', '-days', '2', '-subj', `/CN=${name}`],
      ...['-keyout', this.#file('ca.key'), '-out', this.cert, '-addext', 'basicConstraints=critical,CA:TRUE'],
    );
    this.#publishRevoked();
  }

  /**
   * @param {object} wanted
   * @param {string} wanted.cn
   * @param {string[]} [wanted.names] such as `DNS:localhost` and `IP:127.0.0.1`
   * @param {boolean} [wanted.expired]
   * @param {number} [wanted.days] from now on
   * @param {boolean} [wanted.selfSigned]
   * @param {string} [wanted.keyPassword]
   * @returns {{ cert: string, key: string }} files
   */
  issue({ cn, names = [], expired = false, days = 2, selfSigned = false, keyPassword }) {
    const base = this.#file(`${(this.#count += 1)}-${cn.replace(/\W/g, '_')}`);
    const [key, csr, cert, ext] = ['key', 'csr', 'crt', 'ext'].map((end) => `${base}.${end}`);
    const locked = keyPassword === undefined ? ['-nodes'] : ['-passout', `pass:${keyPassword}`];
    const alternatives = names.length > 0 ? `subjectAltName=${names.join(',')}` : 'basicConstraints=CA:FALSE';
    if (selfSigned) {
      this.#openssl(
        ...['req', '-x509', ...KEY, ...locked, '-days', '2', '-subj', `/CN=${cn}`],
        ...['-keyout', key, '-out', cert, '-addext', alternatives],
      );
    } else {
      this.#openssl('req', '-new', ...KEY, ...locked, '-subj', `/CN=${cn}`, '-keyout', key, '-out', csr);
      fs.writeFileSync(ext, `${alternatives}\n`);
      const when = expired
        ? ['-startdate', '20200101000000Z', '-enddate', '20200102000000Z']
        : ['-days', String(days)];
      this.#ca('-in', csr, '-out', cert, '-notext', '-extfile', ext, ...when);
    }
    fs.chmodSync(key, 0o600);
    return { cert, key };
  }

  /** @param {{ cert: string }} issued */
  revoke({ cert }) {
    this.#ca('-revoke', cert);
    this.#publishRevoked();
  }

  #publishRevoked() {
    this.#ca('-gencrl', '-out', this.crl);
    const hash = this.#openssl('crl', '-hash', '-noout', '-in', this.crl).trim();
    fs.copyFileSync(this.crl, path.join(this.crlDir, `${hash}.r0`));
  }

  remove() {
    fs.rmSync(this.dir, { recursive: true, force: true });
  }

  /** @param {string} name */
  #file(name) {
    return path.join(this.dir, name);
  }

  /** @param {string[]} args */
  #ca(...args) {
    this.#openssl('ca', '-batch', '-config', this.#file('ca.cnf'), ...args);
  }

  /** @param {string[]} args */
  #openssl(...args) {
    const env = { ...process.env, OPENSSL_CONF: this.#file('ca.cnf') };
    return execFileSync('openssl', args, { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'pipe'] });
  }
}

module.exports = { Authority };
