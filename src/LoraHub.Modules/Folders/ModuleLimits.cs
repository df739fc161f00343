using LoraHub.Core;
using LoraHub.Formats.Adapters;

namespace LoraHub.Modules.Folders;

static class ModuleLimits
{
    /// <summary>The limits for a module's layout.</summary>
    public static AdapterLimits OfLayout(this LimitsOptions limits) => new(limits.ModuleDimension, limits.ModuleMatrices);
}
