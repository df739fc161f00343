import assert from 'node:assert/strict';
import test from 'node:test';
import { replicate, seeds, until } from './client.mjs';

/** A scripted module answers with the words of the prompt in capitals, one piece each; see tests/LoraHub.TestHost/SeedPredictor.cs. */
const module = 'lorahub/colors';

test('run answers a prompt with the pieces of the text', async () => {
  const output = await replicate.run(module, { input: { prompt: 'mimsy ; sea ;' } });

  assert.deepEqual(output, ['MIMSY', ' ;', ' SEA', ' ;']);
  assert.equal(output.join(''), 'MIMSY ; SEA ;');
});

test('run takes a base model, owner/name:version and polling', async () => {
  const { latest_version: version } = await replicate.models.get('lorahub', 'colors');

  assert.deepEqual(await replicate.run('lorahub/t5-mini', { input: { prompt: 'a b' } }), ['A', ' B']);
  assert.deepEqual(
    await replicate.run(`${module}:${version.id}`, { input: { prompt: 'a b', seed: 300 }, wait: { mode: 'poll', interval: 50 } }),
    ['A', ' B']);
});

test('create takes a version alone, a model, or both', async () => {
  const { latest_version: version } = await replicate.models.get('lorahub', 'colors');

  for (const named of [{ version: version.id }, { model: module }, { version: `${module}:${version.id}` }]) {
    const created = await replicate.predictions.create({ ...named, input: { prompt: 'x' }, wait: true });

    assert.equal(created.status, 'succeeded');
    assert.equal(created.model, module);
    assert.equal(created.version, version.id);
    assert.deepEqual(created.output, ['X']);
  }
});

test('stream gives the text piece by piece, spaces kept', async () => {
  let text = '';
  const events = [];

  for await (const event of replicate.stream(module, { input: { prompt: 'mü 🐈  two', seed: seeds.second } })) {
    events.push(event.event);
    text += event.event === 'output' ? `${event}` : '';
  }

  assert.equal(text, 'MÜ 🐈  TWO');
  assert.deepEqual(events, ['output', 'output', 'output', 'output', 'done']);
});

test('a failure is thrown, a cancellation ends the call', async () => {
  await assert.rejects(replicate.run(module, { input: { prompt: 'x', seed: seeds.fails } }), { message: 'Prediction failed: scripted failure' });
  await assert.rejects(async () => {
    for await (const event of replicate.stream(module, { input: { prompt: 'x', seed: seeds.fails } })) {
      assert.notEqual(event.event, 'output');
    }
  }, /scripted failure/);

  const created = await replicate.predictions.create({ model: module, input: { prompt: 'x', seed: seeds.untilCanceled } });
  await replicate.predictions.cancel(created.id);
  await until(async () => (await replicate.predictions.get(created.id)).status === 'canceled', 'canceled');
});

test('the alias of the reference calls the composer', async () => {
  const created = await replicate.predictions.create({ model: 'cjwbw/lorahub', input: { test_inputs: 'a' }, wait: true });

  assert.equal(created.model, 'lorahub/lorahub');
  assert.deepEqual(created.output.predictions, ['a']);
});

test('models are listed in pages, got, searched, and have versions and examples', async () => {
  const names = [];
  for await (const page of replicate.paginate(replicate.models.list)) {
    names.push(...page.map(({ owner, name }) => `${owner}/${name}`));
  }

  assert.deepEqual(names.slice(0, 3), ['lorahub/lorahub', 'lorahub/t5-mini', 'lorahub/colors']);
  const model = await replicate.models.get('lorahub', 'colors');
  const version = model.latest_version;
  assert.deepEqual(version.openapi_schema.components.schemas.Input.required, ['prompt']);
  assert.deepEqual((await replicate.models.versions.list('lorahub', 'colors')).results, [version]);
  assert.deepEqual(await replicate.models.versions.get('lorahub', 'colors', version.id), version);
  assert.deepEqual((await replicate.models.search('t5 mini')).results.map(({ name }) => name), ['t5-mini']);
  const examples = await replicate.request('/models/lorahub/colors/examples', { method: 'GET' });
  assert.deepEqual((await examples.json()).results, []);
});

test('an unknown model is a 404 that names what is served', async () => {
  await assert.rejects(
    replicate.run('lorahub/colours', { input: { prompt: 'x' } }),
    (error) => error.response.status === 404 && error.message.includes('Did you mean `lorahub/colors`'));
});
