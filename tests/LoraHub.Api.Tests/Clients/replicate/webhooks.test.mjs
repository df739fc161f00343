import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import test from 'node:test';
import { validateWebhook } from 'replicate';
import { input, model, replicate, seeds, until } from './client.mjs';

/** A receiver of webhooks: `received` fills while it listens. */
async function receive(use) {
  const received = [];
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) {
      chunks.push(chunk);
    }

    received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
    response.end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await use(`http://127.0.0.1:${server.address().port}/hook`, received);
  } finally {
    server.close();
  }
}

test('webhooks come in order, and each signature is right', () => receive(async (webhook, received) => {
  const created = await replicate.predictions.create({ model, input: input(seeds.second), webhook });
  assert.equal(created.webhook, webhook);

  await until(() => received.at(-1)?.body.includes('"status":"succeeded"'), 'completed webhook');

  const bodies = received.map(({ body }) => JSON.parse(body));
  assert.equal(bodies[0].status, 'processing');
  assert.deepEqual(bodies.at(-1), await replicate.predictions.get(created.id));
  assert.equal(new Set(received.map(({ headers }) => headers['webhook-id'])).size, received.length);
  const { key } = await replicate.webhooks.default.secret.get();
  for (const { headers, body } of received) {
    assert.ok(await validateWebhook({ headers, body }, key));
    // As a framework hands it over: parsed, so that the client writes it again.
    assert.ok(await validateWebhook({ headers, body: JSON.parse(body) }, key));
    assert.equal(await validateWebhook({ headers, body: body.replace('seed', 'sead') }, key), false);
  }
}));

test('the filter chooses the events', () => receive(async (webhook, received) => {
  const created = await replicate.predictions.create({ model, input: input(seeds.fails), webhook, webhook_events_filter: ['completed'] });

  await until(() => received.length > 0, 'completed webhook');

  assert.equal(JSON.parse(received[0].body).error, 'scripted failure');
  assert.deepEqual((await replicate.predictions.get(created.id)).webhook_events_filter, ['completed']);
  assert.equal(received.length, 1);
}));
