// Makes tests/data/webcrypto_p256.txt: what a browser's WebCrypto makes of the documented message.
// Run: node tests/data/webcrypto_p256.mjs > tests/data/webcrypto_p256.txt
import { webcrypto } from 'node:crypto';

const hex = (bytes) => Buffer.from(bytes).toString('hex');
const purposes = { login: 1, step_up: 2, register: 3, approve: 4 };
const ascii = (text, length) => Buffer.concat([Buffer.from(text, 'ascii'), Buffer.alloc(length - text.length)]);

console.log(`# Made by webcrypto_p256.mjs on Node ${process.version}, OpenSSL ${process.versions.openssl}.`);
console.log('# One line a signature: purpose, cooperative, device, subject, raw key, SPKI, r || s.');
for (const coop of ['DESA', 'KSP-SUMBER-REJEK']) {
  for (const [name, number] of Object.entries(purposes)) {
    const pair = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
    const device = webcrypto.getRandomValues(new Uint8Array(16));
    const subject = webcrypto.getRandomValues(new Uint8Array(32));
    const message = Buffer.concat([ascii('lumbung.device.v1', 18), Buffer.from([number]), ascii(coop, 16), device, subject]);
    const signature = await webcrypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, message);
    const raw = await webcrypto.subtle.exportKey('raw', pair.publicKey);
    const spki = await webcrypto.subtle.exportKey('spki', pair.publicKey);
    console.log([name, coop, hex(device), hex(subject), hex(raw), hex(spki), hex(signature)].join(' '));
  }
}
