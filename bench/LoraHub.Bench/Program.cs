using System.Globalization;
using System.Runtime.CompilerServices;
using LoraHub.Bench;
using LoraHub.Bench.Answering;
using LoraHub.Bench.Batch;
using LoraHub.Bench.Costs;
using LoraHub.Bench.Gpu;
using LoraHub.Bench.Large;
using LoraHub.Bench.Micro;
using LoraHub.Bench.Modules;
using LoraHub.Bench.Pages;
using LoraHub.Bench.Pool;
using LoraHub.Bench.Queue;
using LoraHub.Bench.Serve;
using LoraHub.Bench.Tune;
using LoraHub.Bench.Wire;
using LoraHub.Inference;

RuntimeHelpers.RunModuleConstructor(typeof(InferenceOptions).Module.ModuleHandle); // before the first tensor: LORAHUB_LIBTORCH
var root = Repository.Root;

switch (args)
{
    case ["bundle"]:
        BundleTable.Print(root);
        return 0;
    case ["default"]:
        DefaultRequest.Print(root);
        return 0;
    case ["pool"]:
        PoolTable.Print(root);
        return 0;
    case ["pool", var folder, var count]:
        RandomPool.Write(folder, Path.Combine(root, "models"), int.Parse(count, CultureInfo.InvariantCulture), withCards: false);
        return 0;
    case ["probing", .. { Length: <= 1 } folders]:
        ProbingTable.Print(root, folders.SingleOrDefault());
        return 0;
    case ["batch", .. { Length: <= 1 } folders]:
        BatchTable.Print(folders.SingleOrDefault());
        return 0;
    case ["answers", var folder, .. { Length: <= 1 } parts]:
        await AnswersTable.PrintAsync(folder, parts.SingleOrDefault());
        return 0;
    case ["wire"]:
        await WireLoad.PrintAsync(TimeSpan.FromMinutes(1));
        return 0;
    case ["costs"]:
        await RequestCosts.PrintAsync();
        return 0;
    case ["streams"]:
        await StreamBurst.PrintAsync();
        return 0;
    case ["pages"]:
        await PageLoad.PrintAsync();
        return 0;
    case ["pages", "nginx"]:
        await ProxiedPages.PrintAsync(root);
        return 0;
    case ["queue"]:
        await QueueLoad.PrintAsync();
        return 0;
    case ["serve"]:
        await ServeLoad.PrintAsync();
        return 0;
    case ["serve", var folder]:
        await ServeLoad.PrintLargeAsync(folder);
        return 0;
    case ["modules"]:
        await ModuleRegistryLoad.PrintAsync();
        return 0;
    case ["large", var folder]:
        LargeTable.Print(folder);
        return 0;
    case ["large", var folder, FreshProcess.Verb, var what]:
        FreshProcess.Work(folder, what);
        return 0;
    case ["gpu", var device, var folder]:
        DeviceTable.Print(device, folder);
        return 0;
    case ["tune", .. { Length: <= 1 } folders]:
        TuneTable.Print(folders.SingleOrDefault());
        return 0;
    case ["tuned", var module, var train, var test, .. { Length: <= 1 } folders]:
        TunedSkill.Print(root, module, train, test, folders.SingleOrDefault());
        return 0;
    case ["micro", .. var arguments]:
        return MicroBenchmarks.Print(arguments);
    default:
        Console.Error.WriteLine("Usage: dotnet run -c Release --project bench/LoraHub.Bench -- "
            + "bundle|default|pool [FOLDER COUNT]|probing [FOLDER]|batch [FOLDER]|"
            + "answers FOLDER [tokens|many|start|shipped]|wire|streams|costs|pages|queue|serve [FOLDER]|modules|large FOLDER|"
            + "gpu DEVICE FOLDER|tune [FOLDER]|tuned MODULE TRAIN TEST [FOLDER]|"
            + "micro [BenchmarkDotNet arguments]");
        return 2;
}
