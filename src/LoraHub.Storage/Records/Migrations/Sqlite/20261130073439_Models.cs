using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace LoraHub.Storage.Records.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class Models : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "kind",
                table: "predictions",
                type: "TEXT",
                nullable: false,
                defaultValue: "Compose"); // what all predictions of earlier versions do

            migrationBuilder.CreateTable(
                name: "deployments",
                columns: table => new
                {
                    id = table.Column<string>(type: "TEXT", nullable: false, collation: "BINARY"),
                    created_by = table.Column<string>(type: "TEXT", nullable: true),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false),
                    number = table.Column<int>(type: "INTEGER", nullable: false),
                    model = table.Column<string>(type: "TEXT", nullable: false),
                    version = table.Column<string>(type: "TEXT", nullable: false),
                    hardware = table.Column<string>(type: "TEXT", nullable: false),
                    min_instances = table.Column<int>(type: "INTEGER", nullable: false),
                    max_instances = table.Column<int>(type: "INTEGER", nullable: false),
                    released_by = table.Column<string>(type: "TEXT", nullable: true),
                    released_at = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_deployments", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "models",
                columns: table => new
                {
                    id = table.Column<string>(type: "TEXT", nullable: false, collation: "BINARY"),
                    description = table.Column<string>(type: "TEXT", nullable: true),
                    readme = table.Column<string>(type: "TEXT", nullable: true),
                    visibility = table.Column<string>(type: "TEXT", nullable: false),
                    github_url = table.Column<string>(type: "TEXT", nullable: true),
                    paper_url = table.Column<string>(type: "TEXT", nullable: true),
                    license_url = table.Column<string>(type: "TEXT", nullable: true),
                    weights_url = table.Column<string>(type: "TEXT", nullable: true),
                    cover_image_url = table.Column<string>(type: "TEXT", nullable: true),
                    created_by = table.Column<string>(type: "TEXT", nullable: true),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_models", x => x.id);
                });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "deployments");

            migrationBuilder.DropTable(
                name: "models");

            // Not DropColumn, which rebuilds the table outside the transaction.
            migrationBuilder.Sql("ALTER TABLE predictions DROP COLUMN kind");
        }
    }
}
