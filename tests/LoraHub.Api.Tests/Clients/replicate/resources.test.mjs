import assert from 'node:assert/strict';
import test from 'node:test';
import { input, model, origin, replicate } from './client.mjs';

test('the model, its versions and its schema are there', async () => {
  const found = await replicate.models.get('lorahub', 'lorahub');
  const version = found.latest_version;

  assert.equal(`${found.owner}/${found.name}`, model);
  assert.ok(['public', 'private'].includes(found.visibility));
  assert.match(version.id, /^[0-9a-f]{64}$/);
  assert.ok(version.openapi_schema.components.schemas.Input.properties.example_inputs);
  assert.deepEqual((await replicate.models.versions.list('lorahub', 'lorahub')).results, [version]);
  assert.deepEqual(await replicate.models.versions.get('lorahub', 'lorahub', version.id), version);
  assert.deepEqual(await (await fetch(`${origin}/openapi.json`)).json(), version.openapi_schema);
});

test('models are searched', async () => {
  assert.deepEqual((await replicate.models.search('unseen task')).results.map((found) => found.name), ['lorahub']);
  assert.deepEqual((await replicate.models.search('no such model')).results, []);
});

test('what is not there is 404', async () => {
  for (const ask of [
    () => replicate.models.get('nobody', 'nothing'),
    () => replicate.models.versions.get('lorahub', 'lorahub', '0'.repeat(64)),
    () => replicate.deployments.get('nobody', 'nothing'),
    () => replicate.collections.get('nothing'),
    () => replicate.trainings.get('nothing'),
    () => replicate.trainings.create('lorahub', 'lorahub', '0'.repeat(64), { destination: model, input: {} }),
    () => replicate.files.get('nothing'),
  ]) {
    await assert.rejects(ask, (error) => error.response.status === 404 && error.message.includes('"status":404'));
  }
});

test('a deployment runs predictions', async () => {
  const [deployment] = (await replicate.deployments.list()).results;
  assert.deepEqual(await replicate.deployments.get(deployment.owner, deployment.name), deployment);

  const prediction = await replicate.deployments.predictions.create(deployment.owner, deployment.name, { input: input(42), wait: true });

  assert.equal(prediction.status, 'succeeded');
  assert.equal(prediction.deployment, `${deployment.owner}/${deployment.name}`);
});

test('account, hardware and collections answer', async () => {
  const account = await replicate.accounts.current();
  assert.ok(account.username && account.name && ['user', 'organization'].includes(account.type));
  const hardware = await replicate.hardware.list();
  assert.ok(hardware.length > 0 && hardware.every(({ name, sku }) => name && sku));
  assert.deepEqual((await replicate.collections.list()).results, []);
});
