using LoraHub.Api.Commands;

return await CommandLine.RunAsync(args, replace: null);
