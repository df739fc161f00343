namespace LoraHub.Web.Library;

/// <summary>What a visitor did with a version before its page came.</summary>
public enum ModuleAction
{
    Published,

    /// <summary>They published bytes that the module already had.</summary>
    Known,

    Quarantined,

    Released,
}
