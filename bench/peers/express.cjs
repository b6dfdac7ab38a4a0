// The usual Node receiver: Express, stripe-node's signature check, one INSERT through pg's pool; two processes.
"use strict";

const cluster = require("node:cluster");
const path = require("node:path");
const { createRequire } = require("node:module");

// The packages live in the benchmark's own folder, not beside this file.
const load = createRequire(path.join(process.env.BENCH_NODE_FOLDER, "package.json"));

const SCHEMA = `CREATE TABLE IF NOT EXISTS events (
  id text PRIMARY KEY, type text NOT NULL, received_at timestamptz NOT NULL DEFAULT now(), body bytea NOT NULL)`;
const INSERT = {
  name: "insert-once",
  text: "INSERT INTO events (id, type, body) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING",
};

async function main() {
  const { Pool } = load("pg");
  const settings = { host: process.env.BENCH_DATABASE_HOST, database: process.env.BENCH_DATABASE, user: "postgres" };
  if (cluster.isPrimary) {
    const pool = new Pool(settings);
    await pool.query(SCHEMA);
    await pool.end();
    for (let number = 0; number < 2; number += 1) cluster.fork();
    for (const name of ["SIGTERM", "SIGINT"]) process.on(name, () => process.exit(0));
    return;
  }
  serve(new Pool({ ...settings, max: 10 }));
}

function serve(pool) {
  const express = load("express");
  const Stripe = load("stripe");
  const stripe = new Stripe("sk_test_bench");
  const app = express();
  app.post("/webhook", express.raw({ type: "application/json" }), async (request, response) => {
    let event;
    try {
      event = stripe.webhooks.constructEvent(
        request.body,
        request.headers["stripe-signature"],
        process.env.BENCH_SECRET,
      );
    } catch {
      return response.status(400).send("the signature does not match");
    }
    await pool.query({ ...INSERT, values: [event.id, event.type, request.body] });
    return response.status(200).send("stored");
  });
  app.listen(Number(process.env.PORT), "127.0.0.1");
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
