// The Rust tokenizers of Hugging Face as a peer for bench_encode.c: one line
// when it is ready, then one line for each line read, after encoding the whole
// text. It looks for @anush008/tokenizers where node is started (npm install
// @anush008/tokenizers@0.6.0), or in the folder that PEERS names.
//
//     node bench_peer.mjs TEXT VOCAB_JSON MERGES     GPT-2
//     node bench_peer.mjs TEXT VOCAB_TXT             BERT
import fs from 'fs';
import readline from 'readline';
import { byteLevel, wordPiece } from './fixture/peer.mjs';

const [path, vocab, merges] = process.argv.slice(2);
const tokenizer = merges ? byteLevel(vocab, merges) : wordPiece(vocab);
const lines = fs.readFileSync(path, 'utf8').split('\n');
lines.pop();

async function encodeAll() {
    let n = 0;
    for (let i = 0; i < lines.length; i += 1000) {
        const batch = await tokenizer.encodeBatch(
            lines.slice(i, i + 1000), { addSpecialTokens: false });
        for (const one of batch)
            n += one.getIds().length;
    }
    return n;
}

console.log('ready');
for await (const line of readline.createInterface({ input: process.stdin }))
    console.log(await encodeAll());
