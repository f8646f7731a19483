// Loads traces into Perfetto's own trace processor, the WebAssembly build that its UI runs, and checks what it made of
// them against the time series of the same run, the rows of its CSV export as JSON.
//
//     node perfetto.mjs FOLDER_OF_THE_UI TRACE SERIES [TRACE SERIES]...
//
// The engine is a web worker: it gets a port, and answers requests in protocol buffers on it. What it expects of a worker
// is put around it here.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import vm from "node:vm";

// Fields of TraceProcessorRpc (trace_processor.proto) and its methods.
const [SEQ, REQUEST, FATAL, APPEND_DATA, QUERY_ARGS, APPEND_RESULT, QUERY_RESULT] = [1, 2, 5, 101, 103, 201, 203];
const [APPEND, FINALIZE, QUERY] = [1, 2, 3];
const CHUNK = 16 << 20;

function varint(value) {
  const bytes = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    bytes.push(rest >= 128 ? (rest % 128) | 128 : rest);
    if (rest < 128) return Buffer.from(bytes);
  }
}
const number = (field, value) => Buffer.concat([varint(field * 8), varint(value)]);
const bytes = (field, value) => Buffer.concat([varint(field * 8 + 2), varint(value.length), value]);

function* varints(buffer, at = { place: 0 }) {
  while (at.place < buffer.length) {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = buffer[at.place++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) break;
    }
    yield Number(BigInt.asIntN(64, value));
  }
}

function* fields(buffer) {
  const at = { place: 0 };
  while (at.place < buffer.length) {
    const tag = varints(buffer, at).next().value;
    const kind = tag & 7;
    if (kind === 0) {
      yield [tag >> 3, varints(buffer, at).next().value];
      continue;
    }
    const length = kind === 1 ? 8 : kind === 5 ? 4 : varints(buffer, at).next().value;
    yield [tag >> 3, buffer.subarray(at.place, (at.place += length))];
  }
}

/** The rows of a QueryResult, which may come in several parts. */
function rows(parts) {
  const columns = [], cells = [];
  for (const part of parts) {
    for (const [field, value] of fields(part)) {
      if (field === 1) columns.push(value.toString());
      if (field === 2 && value.length) throw new Error(value.toString());
      if (field === 3) for (const cell of batch(value)) cells.push(cell);
    }
  }
  const count = columns.length ? cells.length / columns.length : 0;
  return Array.from({ length: count }, (_, row) =>
    Object.fromEntries(columns.map((column, place) => [column, cells[row * columns.length + place]])));
}

function batch(buffer) {
  const [types, whole, floats, strings] = [[], [], [], []];
  for (const [field, value] of fields(buffer)) {
    if (field === 1) types.push(...varints(value));
    if (field === 2) whole.push(...varints(value));
    if (field === 3) for (let at = 0; at < value.length; at += 8) floats.push(value.readDoubleLE(at));
    if (field === 5) strings.push(...value.toString().split("\0"));
  }
  const next = [whole, floats, strings].map((values) => values[Symbol.iterator]());
  return types.map((type) => next[type - 2]?.next().value ?? null);
}

class Engine {
  constructor(folder) {
    /** It loads its WebAssembly by this, and waits for it. */
    class XMLHttpRequest {
      open(_, name) { this.name = name; }
      send() { this.response = new Uint8Array(readFileSync(path.join(folder, path.basename(this.name)))).buffer; }
    }
    const worker = { location: { href: "http://localhost/engine_bundle.js" }, WorkerGlobalScope: {}, importScripts() {},
      console: { log() {}, warn() {}, error() {} }, crypto: globalThis.crypto, XMLHttpRequest, TextDecoder,
      TextEncoder, URL, performance, setTimeout, clearTimeout };
    worker.self = worker;
    const context = vm.createContext(worker);
    vm.runInContext(readFileSync(path.join(folder, "engine_bundle.js"), "utf8"), context);
    this.Bytes = vm.runInContext("Uint8Array", context);
    this.port = { postMessage: (answer) => this.answers.push(Buffer.from(answer)) };
    this.answers = [];
    this.seq = 0;
    worker.onmessage({ data: this.port });
  }

  /** The engine does not say when it has loaded; until then it can not take a request. */
  async loaded() {
    for (let tries = 0; ; tries++) {
      await new Promise((done) => setTimeout(done, 20));
      try {
        return this.query("SELECT 1 AS one");
      } catch (error) {
        if (tries > 500) throw error;
      }
    }
  }

  request(method, ...args) {
    const rpc = Buffer.concat([number(SEQ, this.seq), number(REQUEST, method), ...args]);
    this.answers = [];
    this.port.onmessage({ data: new this.Bytes(bytes(1, rpc)) });
    this.seq++;
    const results = [];
    // An answer may come in pieces.
    for (const [, message] of fields(Buffer.concat(this.answers))) {
      for (const [field, value] of fields(message)) {
        if (field === FATAL) throw new Error(value.toString());
        if (field === APPEND_RESULT || field === QUERY_RESULT) results.push(value);
      }
    }
    return results;
  }

  load(trace) {
    for (let at = 0; at < trace.length; at += CHUNK) {
      const [result] = this.request(APPEND, bytes(APPEND_DATA, trace.subarray(at, at + CHUNK)));
      for (const [field, value] of fields(result)) assert(field !== 2, `the trace is refused: ${value}`);
    }
    this.request(FINALIZE);
  }

  query(sql) {
    return rows(this.request(QUERY, bytes(QUERY_ARGS, bytes(1, Buffer.from(sql)))));
  }
}

async function check(folder, file, series) {
  const trace = readFileSync(file);
  const { traceEvents } = JSON.parse(trace);
  const moments = JSON.parse(readFileSync(series));
  const engine = new Engine(folder);
  await engine.loaded();
  const start = performance.now();
  engine.load(trace);
  const one = (sql) => Object.values(engine.query(sql)[0])[0];
  const of = (phase, category) =>
    traceEvents.filter((event) => event.ph === phase && (!category || event.cat === category));

  const errors = engine.query("SELECT name, value FROM stats WHERE value > 0 AND severity IN ('error', 'data_loss')");
  assert.deepEqual(errors, [], "it has nothing to complain of");
  assert.equal(one("SELECT COUNT(*) FROM thread WHERE name IS NOT NULL"), of("M").filter((event) => event.name === "thread_name").length, "a track a context");
  for (const category of ["life", "event"]) {
    assert.equal(one(`SELECT COUNT(*) FROM slice WHERE category = '${category}'`), of("X", category).length, category);
  }
  for (const category of ["fault", "lost"]) {
    assert.equal(one(`SELECT COUNT(*) FROM slice WHERE category = '${category}'`), of("i", category).length, category);
  }
  assert.equal(one("SELECT COUNT(*) FROM slice WHERE category = 'event' AND dur < 0"), 0, "each event ends");
  // Each event lies in the life of its context, or behind it.
  assert.equal(one("SELECT COALESCE(MAX(depth), 0) FROM slice WHERE category = 'event'") <= 1, true, "events are side by side");
  assert.equal(of("s").length, of("f").length);
  assert.equal(one("SELECT COUNT(*) FROM flow"), of("f").length, "an arrow a message that came off its wire");
  const arrows = engine.query(`SELECT COUNT(*) AS count, SUM(a.category = 'event' AND b.category = 'event') AS events,
    SUM(b.ts > a.ts) AS forward FROM flow JOIN slice a ON a.id = slice_out JOIN slice b ON b.id = slice_in`)[0];
  if (of("f").length) assert.deepEqual([arrows.events, arrows.forward], [arrows.count, arrows.count], "arrows join events, and go on in time");
  // The true time of the first slice of each moment, to the nanosecond.
  // Joined here: the engine would look through all arguments for each slice.
  const args = new Map();
  for (const { id, key, value } of engine.query("SELECT arg_set_id AS id, key, int_value AS value FROM args")) {
    args.set(id, { ...args.get(id), [key]: value });
  }
  const slices = engine.query("SELECT ts, arg_set_id AS id FROM slice WHERE category = 'event'");
  const times = slices.map(({ ts, id }) => ({ ts, ns: args.get(id)["args.time_ns"], times: args.get(id)["args.times"] }))
    .filter(({ times }) => times);
  assert.equal(times.length, moments.length, "a slice an event");
  const drawn = times.map((row) => row.ns).sort((a, b) => a - b);
  const wrong = moments.findIndex((row, place) => Number(row.time_ns) !== drawn[place]);
  assert(wrong < 0, `row ${wrong + 1} is at ${moments[wrong]?.time_ns}, not ${drawn[wrong]}`);
  assert(times.every((row) => row.ts >= row.ns), "no slice is before its time");
  const last = moments.at(-1);
  for (const [name, column] of [["wrong entries", "wrong_entries"], ["on the wires", "on_wire"]]) {
    const sql = `SELECT value FROM counter JOIN counter_track t ON t.id = track_id WHERE t.name GLOB '${name}*'
      ORDER BY ts DESC LIMIT 1`;
    assert.equal(one(sql), Number(last[column]), name);
  }
  const counts = `${moments.length} events, ${of("f").length} arrows`;
  console.log(`perfetto: ${path.basename(file)}: ${counts}, read in ${Math.round(performance.now() - start)} ms`);
}

// The engine is one long line, which nobody wants to see with an error.
process.on("uncaughtException", (error) => {
  console.error(`perfetto: ${error.stack ?? error}`.slice(0, 2000));
  process.exit(1);
});
const [folder, ...files] = process.argv.slice(2);
for (let place = 0; place < files.length; place += 2) await check(folder, files[place], files[place + 1]);
